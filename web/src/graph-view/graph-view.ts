// A view of the graph, or of the result of a query, with search, legend and details. A result that has a view of its own
// is first shown in that view. The code of the network diagram is loaded when a network is shown.
import "./graph-view.css";
import type { StructuredAnswer } from "../answer-views/structured-answers";
import type { ApiClient } from "../api/client";
import { errorMessage, h, saveFile } from "../dom";
import { entityKey } from "../global-id";
import type { ThemeController } from "../theme";
import { DetailsPanel } from "./details-panel";
import { GraphModel, MAX_ENTITIES } from "./graph-model";
import { GraphReader } from "./graph-reader";
import { legend } from "./legend";
import type { NetworkDiagram } from "./network-diagram";
import type { SchemaCache } from "./schema-cache";
import { toolbar } from "./toolbar";
import type { ViewState } from "./view-state";

/** What the graph views of a page share. */
export interface GraphViewServices {
  api: ApiClient;
  schemas: SchemaCache;
  theme: ThemeController;
}

/** Called when the view shows something else, or another entity or claim is selected. */
export type ViewListener = (view: ViewState, selected: string | null) => void;

const CANVAS_LABEL = "Network diagram of the graph. The list next to it contains the same entities.";
const ANSWER_HINT = "Select a claim to see its evidence.";
const NETWORK_HINT = "Select an entity or a claim to see its evidence. Double-click an entity to add its neighbours.";
const ANSWER_LABELS = { Comparison: "Matrix", Path: "Paths", Recommendations: "Scores" } as const;

export class GraphView {
  readonly element: HTMLElement;
  readonly #services: GraphViewServices;
  readonly #listener: ViewListener;
  readonly #model = new GraphModel();
  readonly #reader: GraphReader;
  readonly #details: DetailsPanel;
  readonly #canvas = h("div", { class: "canvas", role: "img", "aria-label": CANVAS_LABEL });
  readonly #networkPane = h("div", { class: "network" }, this.#canvas, legend());
  readonly #answerPane = h("div", { class: "answer-pane", hidden: true });
  readonly #modeSwitch = h("div", { class: "modes", role: "group", "aria-label": "View", hidden: true });
  readonly #toolbar: HTMLElement;
  readonly #status = h("p", { class: "status", role: "status" });
  #diagram: Promise<NetworkDiagram> | undefined;
  #view: ViewState;
  #selected: string | null = null;

  constructor(services: GraphViewServices, view: ViewState, listener: ViewListener) {
    this.#services = services;
    this.#listener = listener;
    this.#view = view;
    this.#reader = new GraphReader(services.api, services.schemas, this.#model, view.query?.headers ?? {});
    this.#details = new DetailsPanel(this.#model, this.#reader, {
      select: (id) => this.select(id, true),
      addNeighbours: (id) => void this.addNeighbours(id),
    });
    this.#toolbar = toolbar({
      search: (text) => this.#reader.search(text),
      pick: (id) => this.#pick(id),
      fit: () => void this.#diagram?.then((diagram) => diagram.fit()),
      zoom: (factor) => void this.#diagram?.then((diagram) => diagram.zoom(factor)),
      savePng: () => void this.#savePng(),
    });
    this.element = h(
      "div",
      { class: "graph-view" },
      h("div", { class: "bar" }, this.#modeSwitch, this.#toolbar),
      h("div", { class: "panes" }, this.#answerPane, this.#networkPane, this.#details.element),
      this.#status,
    );
  }

  /** Read what the view shows, then show it with an entity or a claim selected. */
  async load(selected: string | null = null): Promise<void> {
    const { asNetwork, keys, query } = this.#view;
    await this.#whileBusy("Loading the graph.", async () => {
      if (!query || asNetwork) void import("./network-diagram"); // while the graph is read
      const answers = query ? await this.#reader.readResult(query) : [];
      // biome-ignore lint/performance/noAwaitInLoops: the order of entities determines the layout
      for (const key of keys) await this.#reader.readNeighbours(key);
      if (!query && keys.length === 0) await this.#reader.readAll();
      if (answers.length > 0) await this.#addAnswers(answers);
      this.#showStatus();
      this.select(selected);
      await this.#showPane();
      if (selected) this.select(selected, true);
    });
  }

  /** Add the claims about an entity, and the entities that they connect it to. */
  async addNeighbours(id: string): Promise<void> {
    const key = entityKey(id);
    await this.#whileBusy("Loading neighbours.", async () => {
      const sizeBefore = this.#model.entities.size;
      await this.#reader.readNeighbours(key);
      const { asNetwork = false, keys } = this.#view;
      this.#view = {
        ...this.#view,
        keys: keys.includes(key) ? keys : [...keys, key],
        asNetwork: asNetwork || this.#showsAnswer,
      };
      this.select(this.#model.entities.has(id) ? id : null);
      this.#showStatus(`${this.#model.entities.size - sizeBefore} added.`);
      await this.#showPane(id);
    });
  }

  /** Show the details of an entity or a claim; of nothing in particular for null. */
  select(id: string | null, center = false): void {
    const entity = id === null ? undefined : this.#model.entity(id);
    const claim = id === null ? undefined : this.#model.claim(id);
    this.#selected = entity || claim ? id : null;
    const displayed = this.#model.isDisplayed(this.#selected) ? this.#selected : null;
    void this.#diagram?.then((diagram) => diagram.select(displayed, center));
    if (entity) void this.#details.showEntity(entity);
    else if (claim) void this.#details.showClaim(claim);
    else this.#details.showList(this.#showsAnswer ? ANSWER_HINT : NETWORK_HINT);
    this.#listener(this.#view, this.#selected);
  }

  destroy(): void {
    void this.#diagram?.then((diagram) => diagram.destroy());
  }

  /** Whether the answers are shown in their own views instead of as a network. */
  get #showsAnswer(): boolean {
    return this.#answerPane.childElementCount > 0 && !this.#view.asNetwork;
  }

  async #addAnswers(answers: readonly StructuredAnswer[]): Promise<void> {
    const { answerViews } = await import("../answer-views/answer-views");
    const selectClaim = (id: string) => {
      this.select(id);
      const claim = this.#model.claim(id);
      if (claim) this.#status.textContent = `${this.#details.sentence(claim)}: the details panel shows the evidence.`;
    };
    this.#answerPane.replaceChildren(answerViews(answers, selectClaim));
    const [label = "Answers", ...others] = new Set(answers.map(({ type }) => ANSWER_LABELS[type]));
    this.#modeSwitch.replaceChildren(
      this.#modeButton(others.length === 0 ? label : "Answers", false),
      this.#modeButton("Network", true),
    );
  }

  #modeButton(name: string, asNetwork: boolean): HTMLElement {
    const pressed = String(Boolean(this.#view.asNetwork) === asNetwork);
    return h("button", { type: "button", "aria-pressed": pressed, onclick: () => void this.#setMode(asNetwork) }, name);
  }

  async #setMode(asNetwork: boolean): Promise<void> {
    this.#view = { ...this.#view, asNetwork };
    await this.#whileBusy("Drawing the network.", async () => {
      await this.#showPane();
      this.#showStatus();
    });
    this.select(this.#selected, true);
  }

  /** Show the answers or the network, with new entities next to an entity. */
  async #showPane(newEntitiesNear?: string): Promise<void> {
    const showsAnswer = this.#showsAnswer;
    const [answerButton, networkButton] = this.#modeSwitch.children;
    answerButton?.setAttribute("aria-pressed", String(showsAnswer));
    networkButton?.setAttribute("aria-pressed", String(!showsAnswer));
    this.#modeSwitch.hidden = this.#answerPane.childElementCount === 0;
    this.#answerPane.hidden = !showsAnswer;
    this.#networkPane.hidden = showsAnswer;
    this.#toolbar.hidden = showsAnswer;
    if (showsAnswer) return;
    const diagram = await this.#loadDiagram();
    await diagram.show(this.#model, newEntitiesNear);
  }

  #loadDiagram(): Promise<NetworkDiagram> {
    this.#diagram ??= this.#createDiagram();
    return this.#diagram;
  }

  async #createDiagram(): Promise<NetworkDiagram> {
    const module = await import("./network-diagram");
    const networkDiagram = new module.NetworkDiagram(this.#canvas, this.#services.theme, {
      select: (id) => this.select(id),
      addNeighbours: (id) => void this.addNeighbours(id),
    });
    // For tests: a canvas has no elements to find, so the diagram tells the position of an entity.
    return Object.assign(this.#canvas, { networkDiagram }).networkDiagram;
  }

  /** Select a search result; read its neighbours if it is not displayed yet. */
  #pick(id: string): void {
    if (this.#model.entities.has(id)) this.select(id, true);
    else void this.addNeighbours(id);
  }

  async #savePng(): Promise<void> {
    const diagram = await this.#loadDiagram();
    saveFile(await diagram.toPng(), "framework-atlas.png");
  }

  async #whileBusy(message: string, work: () => Promise<void>): Promise<void> {
    this.element.setAttribute("aria-busy", "true");
    this.#status.textContent = message;
    try {
      await work();
    } catch (error) {
      this.#status.textContent = errorMessage(error);
    }
    this.element.removeAttribute("aria-busy");
  }

  #showStatus(news = ""): void {
    const { claims, entities, omittedEntities, unreadClaims } = this.#model;
    const omitted = omittedEntities.size;
    const sentences = [
      news,
      `${entities.size.toLocaleString()} entities, ${claims.size.toLocaleString()} claims.`,
      entities.size === 0 && "There are no entities to show.",
      omitted > 0 &&
        `${omitted.toLocaleString()} entities beyond the limit of ${MAX_ENTITIES.toLocaleString()} are not displayed.`,
      unreadClaims > 0 && `${unreadClaims.toLocaleString()} claims were not loaded; search to add entities.`,
    ];
    this.#status.textContent = sentences.filter(Boolean).join(" ");
  }
}
