// The sources of the graph, each with its publisher and the number of its claims.
import type { StartPageQuery } from "../api/operations";
import { externalLink, h } from "../dom";
import { graphPageLink } from "../global-id";

type Sources = StartPageQuery["sources"];

export function sourceList({ totalCount, nodes }: Sources): HTMLElement[] {
  const list = h("ul", { class: "plain" }, ...nodes.map(sourceItem));
  const more = totalCount - nodes.length;
  return [
    h("h2", { id: "sources" }, "Sources"),
    list,
    ...(more > 0 ? [h("p", {}, `And ${more} more. The explorer can list all of them.`)] : []),
  ];
}

function sourceItem({ claims, homepage, id, name, published, publisher, url }: Sources["nodes"][number]): HTMLElement {
  const publication = [publisher, published].filter(Boolean).map((text) => `, ${text}`);
  return h(
    "li",
    {},
    externalLink(name, url ?? homepage),
    h(
      "span",
      { class: "quiet" },
      `${publication.join("")}: `,
      h("a", { href: graphPageLink(id) }, `${claims.totalCount} claims`),
    ),
  );
}
