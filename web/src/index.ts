// The start page: what this graph holds, what changed last, who its sources are, and where to go from here.
import "./theme.css";
import "./index.css";
import { AskError, ask, keepToken, token } from "./api";
import { h, linked } from "./dom";
import { EXAMPLES } from "./examples";
import { badge, keyOf, look, words } from "./kinds";
import { themeSwitch } from "./theme";

const NEWEST = 8;

const HOLDS = `query Start {
  graph { version lastChange kinds { kind count } relations { relation count } }
  sources(first: 50) { totalCount nodes { id name publisher published url homepage claims { totalCount } } }
}`;

const CHANGES = `query Newest($after: String) {
  changes(after: $after, first: ${NEWEST}) {
    nodes { at action kind slug count entity { id name } claim { relation stance object { name } } }
  }
}`;

const SEARCH = `query Find($text: String!) { search(text: $text, first: 8) { nodes { __typename id name summary } } }`;

interface Holds {
  graph: {
    version: string;
    lastChange: string | null;
    kinds: { kind: string; count: number }[];
    relations: { relation: string; count: number }[];
  };
  sources: { totalCount: number; nodes: Source[] };
}

interface Source {
  id: string;
  name: string;
  publisher: string | null;
  published: string | null;
  url: string | null;
  homepage: string | null;
  claims: { totalCount: number };
}

interface Change {
  at: string;
  action: "UPSERT" | "DELETE" | "CLAIM" | "RETRACT" | "LOAD";
  kind: string | null;
  slug: string;
  count: number;
  entity: { id: string; name: string } | null;
  claim: { relation: string; stance: string; object: { name: string } } | null;
}

const page = document.getElementById("page")!;
const holds = h("section", { "aria-labelledby": "holds" }, h("p", { class: "quiet" }, "Counting."));
const changed = h("section", { "aria-labelledby": "changed" });
const sources = h("section", { "aria-labelledby": "sources" });

page.replaceChildren(
  h(
    "header",
    {},
    themeSwitch(),
    h("h1", {}, "Framework Atlas"),
    h("p", { class: "lead" }, "A graph of software frameworks in which every relation names its sources."),
    h(
      "nav",
      { "aria-label": "Where to go" },
      lead("graphql", "Explorer", "Ask in GraphQL: click a query together, or begin with an example."),
      lead("graph", "Picture", "See what is joined to what, and who says so."),
      lead("schema.graphql", "Schema", "Everything that can be asked, as text."),
    ),
  ),
  finder(),
  holds,
  changed,
  sources,
  tour(),
);
void show();

function lead(href: string, name: string, text: string): HTMLElement {
  return h("a", { href, class: "card" }, h("strong", {}, name), h("span", {}, text));
}

async function show(): Promise<void> {
  try {
    const found = await ask<Holds>(HOLDS);
    showHolds(found.graph);
    showSources(found.sources);
    await showChanges(found.graph);
  } catch (error) {
    showTrouble(error);
  }
}

function showHolds({ kinds, relations }: Holds["graph"]): void {
  const number = new Intl.NumberFormat();
  holds.replaceChildren(
    h("h2", { id: "holds" }, "What it holds"),
    h(
      "ul",
      { class: "counts" },
      ...kinds.map(({ kind, count }) =>
        h("li", {}, badge(kind), h("b", {}, number.format(count)), " ", count === 1 ? look(kind).one : look(kind).many),
      ),
    ),
    h(
      "p",
      {},
      `${number.format(relations.reduce((sum, { count }) => sum + count, 0))} claims join them: `,
      relations.map(({ relation, count }) => `${words(relation)} ${number.format(count)}`).join(", "),
      ".",
    ),
  );
}

function showSources({ totalCount, nodes }: Holds["sources"]): void {
  sources.replaceChildren(
    h("h2", { id: "sources" }, "Who says so"),
    h(
      "ul",
      { class: "plain" },
      ...nodes.map((source) =>
        h(
          "li",
          {},
          linked(source.name, source.url ?? source.homepage),
          h(
            "span",
            { class: "quiet" },
            [source.publisher, source.published].filter(Boolean).map((text) => `, ${text}`).join(""),
            ": ",
            h("a", { href: `graph#show=${encodeURIComponent(keyOf(source.id))}` }, `${source.claims.totalCount} claims`),
          ),
        ),
      ),
    ),
    ...(totalCount > nodes.length ? [h("p", {}, `And ${totalCount - nodes.length} more; the explorer lists them.`)] : []),
  );
}

/** The log is read forwards; a version names its last entry, so a little before that is where the newest begin. */
async function showChanges({ version, lastChange }: Holds["graph"]): Promise<void> {
  const [, digest, last] = /^(.*)\.(\d+)$/.exec(version) ?? [];
  const after = Number(last) > NEWEST ? `${digest}.${Number(last) - NEWEST}` : undefined;
  const found = await ask<{ changes: { nodes: Change[] } }>(CHANGES, { after }).catch(() => null);
  const rows = found?.changes.nodes.reverse() ?? [];
  changed.replaceChildren(
    h("h2", { id: "changed" }, "What changed last"),
    rows.length > 0
      ? h("ul", { class: "plain" }, ...rows.map((change) => h("li", {}, time(change.at), " ", ...told(change))))
      : h("p", { class: "quiet" }, lastChange ? "Changed " : "Nothing yet.", lastChange && time(lastChange)),
  );
}

function time(at: string): HTMLElement {
  return h("time", { datetime: at, class: "quiet" }, new Date(at).toLocaleString());
}

function told({ action, kind, slug, count, entity, claim }: Change): (Node | string)[] {
  const name = entity
    ? h("a", { href: `graph#show=${encodeURIComponent(keyOf(entity.id))}` }, entity.name)
    : h("span", {}, slug);
  const what = kind ? look(kind).one : "thing";
  switch (action) {
    case "UPSERT":
      return [`${what} `, name, " made or changed"];
    case "DELETE":
      return [`${what} `, name, " removed"];
    case "CLAIM":
      return ["claim on ", name, claim ? `: ${words(claim.relation)} ${claim.object.name}` : ""];
    case "RETRACT":
      return ["claim on ", name, " taken back"];
    case "LOAD":
      return [`${count} entities and claims loaded`];
  }
}

function finder(): HTMLElement {
  const results = h("ul", { class: "plain results", "aria-live": "polite" });
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const find = async (text: string) => {
    const found = text
      ? await ask<{ search: { nodes: { __typename: string; id: string; name: string }[] } }>(SEARCH, { text }).catch(() => null)
      : null;
    if (input.value.trim() !== text) return;
    results.replaceChildren(
      ...(found?.search.nodes ?? []).map((node) =>
        h(
          "li",
          {},
          badge(node.__typename),
          h("a", { href: `graph#show=${encodeURIComponent(keyOf(node.id))}` }, node.name),
          h("span", { class: "quiet" }, ` ${look(node.__typename).one}`),
        ),
      ),
    );
    if (text && found && results.childElementCount === 0) results.append(h("li", { class: "quiet" }, "Nothing of that name."));
  };
  const input = h("input", {
    id: "find",
    type: "search",
    placeholder: "Django, orm, chat, Netflix",
    autocomplete: "off",
    oninput: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => void find(input.value.trim()), 150);
    },
  });
  return h("section", { class: "finder" }, h("label", { for: "find" }, "Look something up"), input, results);
}

function tour(): HTMLElement {
  return h(
    "section",
    { "aria-labelledby": "tour" },
    h("h2", { id: "tour" }, "A tour, by example"),
    h("p", { class: "quiet" }, "Each opens in the explorer, ready to run and to be changed."),
    h(
      "ol",
      { class: "tour" },
      ...EXAMPLES.map(({ name, title, text }) =>
        h("li", {}, h("a", { href: `graphql#example=${name}`, class: "card" }, h("strong", {}, title), h("span", {}, text))),
      ),
    ),
  );
}

function showTrouble(error: unknown): void {
  const refused = error instanceof AskError && error.refused;
  const input = h("input", { id: "token", type: "password", autocomplete: "off", required: true, value: token() });
  holds.replaceChildren(
    h("h2", { id: "holds" }, refused ? "Reading needs a token here" : "The graph does not answer"),
    h("p", { role: "alert" }, error instanceof Error ? error.message : String(error)),
    refused
      ? h(
          "form",
          {
            onsubmit: (event) => {
              event.preventDefault();
              keepToken(input.value.trim());
              void show();
            },
          },
          h("label", { for: "token" }, "Your token, kept until this tab is closed"),
          input,
          h("button", {}, "Go on"),
        )
      : h("button", { onclick: () => void show() }, "Try again"),
  );
}
