// The examples of the repository, bundled: each begins with a comment that says what it shows.

export interface Example {
  name: string;
  title: string;
  text: string;
  query: string;
}

const files = import.meta.glob<string>("../../examples/*.graphql", { query: "?raw", import: "default", eager: true });

export const EXAMPLES: Example[] = Object.entries(files)
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([path, query]) => {
    const said = /^(?:#.*\n)*/.exec(query)![0].split("\n").map((line) => line.replace(/^# ?/, ""));
    const paragraphs = said.join("\n").trim().split(/\n\s*\n/).map((lines) => lines.replaceAll("\n", " "));
    const name = path.split("/").at(-1)!.replace(".graphql", "");
    return { name, title: paragraphs[0] ?? name, text: paragraphs.slice(1).join(" "), query };
  });
