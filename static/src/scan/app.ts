/**
 * Joins the parts of the scan page: an input becomes an action, an action becomes stored events, then the person is
 * told, then the queue is woken.
 *
 * Law: everything that changes the state takes its turn, in the order in which it came; nothing is dropped as "busy".
 */

import { showAmount } from "./amount";
import type { Api } from "./api";
import type { Catalogue } from "./catalogue";
import type { Clock, Stamp } from "./clock";
import type { Answer, Choice, Config } from "./contract";
import type { Translate } from "./dom";
import { makeEvent, type Draft } from "./events";
import type { Feedback } from "./feedback";
import { takeAnswers, takeRefusal, takeSettled, takeStocktake } from "./heard";
import type { Line } from "./lines";
import { exclusively, Queue, type QueueState } from "./queue";
import { EMPTY, isOver, isUnclear, lineWith, nameOf, whereWeAre } from "./state";
import type { Action, Said, State } from "./state";
import { decide } from "./stocktake";
import type { Row, Store } from "./store";
import { uuid7 } from "./uuid7";

const CLOCK_NOTE = "clock";
const KEEP_AFTER_MS = 250;
/** The server's word for a scan that came after the end of its stocktake. */
const TOO_LATE = "stocktake_closed";

export interface AppParts {
  config: Config;
  t: Translate;
  store: Store;
  catalogue: Catalogue;
  clock: Clock;
  api: Api;
  feedback: Feedback;
  onState(state: State): void;
  /** A code means several things: somebody has to choose. */
  onUnclear(raw: string, choices: Choice[]): void;
  onSync(queue: QueueState): void;
}

export class App {
  readonly queue: Queue;
  private state: State = EMPTY;
  private turn: Promise<void> = Promise.resolve();
  private lastSaid = "";
  private askedToKeep = false;
  private keeping: ReturnType<typeof setTimeout> | undefined;
  private readonly otherTabs = "BroadcastChannel" in window ? new BroadcastChannel("zhangshi-answers") : null;

  constructor(private readonly parts: AppParts) {
    this.queue = new Queue({
      outbox: {
        waiting: (limit) => parts.store.waiting(limit),
        settle: (answer) => parts.store.settle(answer),
        refuse: (row, reason) => this.refuse(row, reason),
      },
      send: (events) => parts.api.postScans(events),
      exclusively,
      onAnswers: (answers) => {
        this.otherTabs?.postMessage(answers);
        void this.inTurn(() => this.hear(answers));
      },
      onState: (state) => parts.onSync(state),
    });
    this.otherTabs?.addEventListener("message", ({ data }: MessageEvent<Answer[]>) => {
      void this.inTurn(() => this.hear(data));
    });
  }

  /** Take up where this phone left off, then everything that needs the server. */
  async start(): Promise<void> {
    await this.inTurn(() => this.restore());
    await Promise.all([this.parts.catalogue.load(), this.refresh()]);
    await this.openSpot();
  }

  /** A spot count is of the bin that its counter stands before: it opens by itself, until somebody has opened it. */
  private async openSpot(): Promise<void> {
    const bin = this.state.bins.find(({ id, state }) => id === this.parts.config.spot && state === "waiting");
    if (bin && !this.state.open) await this.act({ type: "choose_bin", bin });
  }

  private async restore(): Promise<void> {
    const { store, clock } = this.parts;
    const [kept, measured] = await Promise.all([
      store.note<State>(this.stateNote).catch(() => undefined),
      store.note<Parameters<Clock["adopt"]>[0]>(CLOCK_NOTE).catch(() => undefined),
    ]);
    if (measured) clock.adopt(measured);
    const state = { ...EMPTY, ...kept, question: null, me: this.parts.config.name ?? null };
    this.show(takeSettled(state, await store.unanswered().catch(() => new Set<string>())));
    this.tell(whereWeAre(this.state));
  }

  /** When the page comes back: the time, the bins, and whatever waits. */
  async refresh(): Promise<void> {
    await Promise.all([this.measureClock(), this.refreshBins(), this.queue.poke()]);
  }

  /** The time is taken here: what happens after may wait, the scan is now. */
  act(action: Action): Promise<void> {
    const stamp = this.parts.clock.stamp();
    return this.inTurn(() => this.perform(action, stamp));
  }

  /** Whatever the input: camera, scanner, photo or keypad. */
  take(raw: string, symbology: string | null): Promise<void> {
    return this.act({ type: "code", raw, symbology, named: this.parts.catalogue.find(raw) });
  }

  private async perform(action: Action, stamp: Stamp): Promise<void> {
    const outcome = decide(this.state, action, uuid7);
    if (outcome.drafts.length > 0) {
      const events = outcome.drafts.map((draft) => makeEvent(draft, this.parts.config, stamp));
      try {
        await this.parts.store.add(events, { key: this.stateNote, value: kept(outcome.state) });
      } catch (error) {
        console.error("store", error);
        return this.tell({ tone: "refused", text: "cannot_store" });
      }
      this.askToKeep();
      await this.dismiss(outcome.drafts);
    }
    this.show(outcome.state);
    if (outcome.said) this.tell(outcome.said);
    if (outcome.drafts.length > 0) void this.queue.poke();
  }

  /** Whoever took something back need not look at it any more. */
  private async dismiss(drafts: readonly Draft[]): Promise<void> {
    const gone = drafts.map((draft) => draft.undoes).filter((id) => id != null);
    await Promise.all(gone.map((id) => this.parts.store.dismissParked(id).catch(() => undefined)));
  }

  /** Browsers clear what they were not asked to keep; asked once, and only when there is something to keep. */
  private askToKeep(): void {
    if (this.askedToKeep) return;
    this.askedToKeep = true;
    void navigator.storage?.persist?.();
  }

  private tell(said: Said): void {
    const id = said.values?.["id"] ?? "";
    const line = id ? lineWith(this.state.entries, id) : null;
    this.lastSaid = id;
    const text = this.parts.t(said.text, line ? lineValues(line) : said.values).trim();
    if (said.quiet || said.tone === "idle") this.parts.feedback.say(said.tone, text);
    else this.parts.feedback.give(said.tone, text);
  }

  private hear(answers: Answer[]): void {
    const before = this.state;
    this.show(takeAnswers(before, answers));
    if (this.state !== before) this.keepSoon();
    const ids = new Set(answers.map((answer) => answer.id));
    this.parts.catalogue.learn(this.state.entries.filter((entry) => ids.has(entry.id)));
    if (answers.some((answer) => answer.id === this.lastSaid)) this.retell(this.lastSaid);
    const parked = answers.filter((answer) => answer.status === "parked").pop();
    if (parked) this.park(parked);
    if (!this.state.open || parked?.reason === TOO_LATE) void this.refreshBins();
  }

  private park(answer: Answer): void {
    this.parts.feedback.give("attention", answer.message);
    const unclear = this.state.entries.find((entry) => entry.id === answer.id && isUnclear(entry));
    if (unclear?.raw) this.parts.onUnclear(unclear.raw, answer.choices);
  }

  /** A person has said what a code means: what waited for it needs no other person. */
  choose(raw: string, candidate: string): Promise<void> {
    return this.act({ type: "choose", raw, candidate });
  }

  /** Now that the server has said what the code is, the line of text can name it. */
  private retell(id: string): void {
    if (lineWith(this.state.entries, id)) this.tell({ tone: "ok", text: "counted", values: { id }, quiet: true });
  }

  private async refuse(row: Row, reason: string): Promise<void> {
    await this.parts.store.refuse(row, reason);
    await this.inTurn(() => this.show(takeRefusal(this.state, row.id, reason)));
    this.keepSoon();
    this.parts.feedback.give("attention", reason);
  }

  private async measureClock(): Promise<void> {
    const found = await this.parts.clock.ask(() => this.parts.api.serverTime());
    if (found) await this.parts.store.keepNote(CLOCK_NOTE, found).catch(() => undefined);
  }

  /** How the stocktake stands: perhaps it is over, perhaps others have counted. */
  async refreshBins(): Promise<void> {
    const heard = await this.parts.api.stocktake(this.parts.config.task.split(":")[1] ?? "");
    if (!heard) return;
    await this.inTurn(async () => {
      const counts = await this.parts.store.counts().catch(() => null);
      const wasOver = isOver(this.state);
      this.show(takeStocktake(this.state, heard, !counts?.waiting));
      if (isOver(this.state) && !wasOver) this.tell({ ...whereWeAre(this.state), tone: "attention", quiet: false });
    });
    this.keepSoon();
  }

  private show(state: State): void {
    this.state = state;
    this.parts.onState(state);
  }

  /** Answers come by the dozen: one note for all of them. */
  private keepSoon(): void {
    clearTimeout(this.keeping);
    const keep = (): Promise<void> => this.parts.store.keepNote(this.stateNote, kept(this.state));
    this.keeping = setTimeout(() => void this.inTurn(keep), KEEP_AFTER_MS);
  }

  private inTurn(work: () => void | Promise<void>): Promise<void> {
    this.turn = this.turn.then(work).catch((error: unknown) => console.error("scan page", error));
    return this.turn;
  }

  private get stateNote(): string {
    return `task ${this.parts.config.task}`;
  }
}

function kept(state: State): State {
  return { ...state, question: null };
}

export function lineValues(line: Line): Record<string, string> {
  return { name: [nameOf(line), line.lot].filter(Boolean).join(" · "), amount: showAmount(line.amount), unit: line.item?.unit ?? "" };
}
