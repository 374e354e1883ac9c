// The example queries of the repository, bundled at build time.

export interface Example {
  /** The name of the file, without its ending. */
  name: string;
  /** The first paragraph of the comment at the top of the file. */
  title: string;
  /** The other paragraphs of that comment. */
  description: string;
  query: string;
}

const COMMENT_AT_TOP = /^(?:#.*\n)*/u;
const COMMENT_SIGN = /^# ?/u;
const EMPTY_LINE = /\n\s*\n/u;

const FILES = import.meta.glob<string>("../../examples/*.graphql", { query: "?raw", import: "default", eager: true });

export const EXAMPLES: readonly Example[] = Object.entries(FILES)
  .sort(([path], [other]) => path.localeCompare(other))
  .map(([path, query]) => toExample(path, query));

function toExample(path: string, query: string): Example {
  const comment = COMMENT_AT_TOP.exec(query)?.[0] ?? "";
  const text = comment.split("\n").map((line) => line.replace(COMMENT_SIGN, ""));
  const paragraphs = text.join("\n").trim().split(EMPTY_LINE);
  const [title, ...description] = paragraphs.map((lines) => lines.replaceAll("\n", " "));
  const name = path.slice(path.lastIndexOf("/") + 1).replace(".graphql", "");
  return { name, title: title ?? name, description: description.join(" "), query };
}
