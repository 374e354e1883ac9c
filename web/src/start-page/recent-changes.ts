// The newest entries of the change log.
import type { ApiClient } from "../api/client";
import { RecentChangesDocument, type RecentChangesQuery } from "../api/operations";
import { h } from "../dom";
import { kindStyle, relationLabel } from "../entity-kinds";
import { graphPageLink } from "../global-id";

type Change = RecentChangesQuery["changes"]["nodes"][number];

const COUNT = 8;
const VERSION = /^(?<digest>.*)\.(?<entry>\d+)$/u;

/**
 * Read the newest changes, the newest first. The service returns the log from its beginning, and the version of the
 * graph ends with the number of the last entry: start that many entries before it. Empty if the log cannot be read.
 */
export async function readRecentChanges(api: ApiClient, version: string): Promise<Change[]> {
  const { digest, entry } = VERSION.exec(version)?.groups ?? {};
  const after = Number(entry) > COUNT ? `${digest}.${Number(entry) - COUNT}` : null;
  const response = await api.execute(RecentChangesDocument, { after, first: COUNT }).catch(() => null);
  return response?.changes.nodes.toReversed() ?? [];
}

export function recentChanges(changes: readonly Change[], lastChange: string | null): HTMLElement[] {
  const items = changes.map((change) => h("li", {}, timestamp(change.at), " ", ...describe(change)));
  const empty = lastChange ? ["Last change: ", timestamp(lastChange)] : ["No changes yet."];
  return [
    h("h2", { id: "changes" }, "Recent changes"),
    items.length > 0 ? h("ul", { class: "plain" }, ...items) : h("p", { class: "quiet" }, ...empty),
  ];
}

function timestamp(at: string): HTMLElement {
  return h("time", { datetime: at, class: "quiet" }, new Date(at).toLocaleString());
}

function describe({ action, claim, count, entity, kind, slug }: Change): (Node | string)[] {
  const name = entity ? h("a", { href: graphPageLink(entity.id) }, entity.name) : h("span", {}, slug);
  const label = kind ? kindStyle(kind).singular : "entity";
  switch (action) {
    case "UPSERT":
      return [`${label} `, name, " created or updated"];
    case "DELETE":
      return [`${label} `, name, " deleted"];
    case "CLAIM":
      return ["claim about ", name, claim ? `: ${relationLabel(claim.relation)} ${claim.object.name}` : ""];
    case "RETRACT":
      return ["claim about ", name, " retracted"];
    case "LOAD":
      return [`${count} entities and claims loaded`];
  }
}
