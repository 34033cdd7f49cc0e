/** The scan page: reads what the server put into it, makes the parts, connects the buttons. */

import { registerServiceWorker } from "../register";
import { Api } from "./api";
import { App } from "./app";
import { CameraPanel } from "./camera-panel";
import { Catalogue } from "./catalogue";
import { Clock, watched } from "./clock";
import type { Config, Pack, PhotoCode } from "./contract";
import { part, readJson, translator } from "./dom";
import { Feedback } from "./feedback";
import { Keypad } from "./keypad";
import { linesOf, type Line } from "./lines";
import { LotSheet } from "./lot-sheet";
import { shrinkPhoto } from "./photo";
import type { QueueState } from "./queue";
import { ChoiceSheet, OutboxSheet, QuestionSheet } from "./sheets";
import { EMPTY, isOver, nameOf, type State } from "./state";
import { Store } from "./store";
import { View } from "./view";
import { listenToWedge, Wedge } from "./wedge";

const BINS_EVERY_MS = 20_000;

const config = readJson<Config>("scan-config");
const t = translator(readJson<Record<string, string>>("scan-strings"));
const store = new Store();
const api = new Api(config.api);
const feedback = new Feedback(part("said"), part("view"));
const keypad = new Keypad(t);
const choice = new ChoiceSheet();
const view = new View(t, {
  onLine: (line) => askQuantity(line),
  onBin: (bin) => void app.act({ type: "choose_bin", bin }),
});
const question = new QuestionSheet(t, view, (yes) => void app.act({ type: yes ? "confirm" : "cancel" }));
const lotSheet = new LotSheet({
  t,
  lotsOf: (item) => api.lots(item),
  onSaid: (raw, said) => app.act({ type: "lot", raw, said }),
});
const outbox = new OutboxSheet(t, store, (sendNow) => void (sendNow ? app.queue.poke() : drawSync(queueState)));

const camera = new CameraPanel(config, t, store, choice, (read) => void app.take(read.raw, read.symbology));

let shown: State = EMPTY;
let queueState: QueueState = "idle";
/** The scan that a picture is being taken of. */
let pictured: string | null = null;
/** Takes a new version of this page, where there is one. */
let update: (() => void) | null = null;

const app = new App({
  config,
  t,
  store,
  catalogue: new Catalogue(store),
  clock: watched(new Clock()),
  api,
  feedback,
  onState(state) {
    shown = state;
    if (isOver(state)) camera.end();
    view.draw(state);
    question.draw(state);
    lotSheet.draw(state);
    void drawSync(queueState);
  },
  onUnclear(raw, choices) {
    const rows = choices.map(({ candidate, item, pack }) => ({
      title: item?.name ?? candidate,
      detail: pack?.unit ?? "",
      value: candidate,
    }));
    choice.ask(t("choose_meaning", { code: raw }), rows, (candidate) => void app.choose(raw, candidate));
  },
  onSync(state) {
    queueState = state;
    void drawSync(state);
  },
});

async function drawSync(state: QueueState): Promise<void> {
  const counts = await store.counts().catch(() => ({ waiting: 0, refused: 0, parked: 0 }));
  view.drawSync(counts, state);
  view.drawUpdate(update !== null, counts.waiting);
  outbox.drawState(state);
}

function askQuantity(line: Line): void {
  const of = { name: nameOf(line), units: unitsOf(line), before: line.amount, askLot: lotAsker(line), takePhoto: photographer(line) };
  keypad.askQuantity(of, (quantity, unit) => void app.act({ type: "set", line, quantity, unit }));
}

/** The base unit first: whoever does not choose counts in it, whatever pack was scanned last. */
function unitsOf({ item, pack }: Line): Pack[] {
  if (!item) return [];
  const base = { id: item.base, unit: item.unit, factor: "1.000" };
  return pack && pack.id !== item.base ? [base, pack] : [base];
}

function lotAsker({ item, lot, lotIsSaid, raw }: Line): (() => void) | null {
  return item && lotIsSaid ? () => lotSheet.ask({ raw, item, lot }, true) : null;
}

/** What nobody knows is easier to tell from a picture. */
function photographer({ unknownId }: Line): (() => void) | null {
  if (!unknownId) return null;
  return () => {
    pictured = unknownId;
    part("goods-file").click();
  };
}

async function keepPhoto(file: File): Promise<void> {
  if (!pictured) return;
  const { kept, reason } = await api.keepPhoto(pictured, await shrinkPhoto(file));
  if (kept) feedback.give("ok", t("photo_kept"));
  else feedback.give("refused", reason ?? t("photo_failed"));
}

async function readPhoto(file: File): Promise<void> {
  feedback.say("attention", t("photo_reading"));
  const reply = await api.readPhoto(await shrinkPhoto(file));
  if (reply.kind === "signed_out") return feedback.give("refused", t("signed_out"));
  if (reply.kind === "failed") return feedback.give("refused", reply.reason ?? t("photo_failed"));
  const codes = distinct(reply.reading.codes);
  if (codes.length === 0) return feedback.give("refused", reply.reading.error ?? t("photo_nothing"));
  if (codes.length === 1) return takePhotoCode(codes[0]!);
  const choices = codes.map((code) => ({ title: code.text, detail: code.symbology, value: code }));
  choice.ask(t("choose_code"), choices, takePhotoCode);
}

function takePhotoCode(code: PhotoCode): void {
  void app.take(code.text, code.symbology);
}

function distinct(codes: PhotoCode[]): PhotoCode[] {
  return [...new Map(codes.map((code) => [code.text, code])).values()];
}

function connectButtons(): void {
  const taps: Record<string, () => void> = {
    undo: () => void app.act({ type: "undo" }),
    "confirm-empty": () => void app.act({ type: "confirm_empty" }),
    "update-now": () => update?.(),
    "close-bin": () => void app.act({ type: "ask_close" }),
    code: () => keypad.askCode((text) => void app.take(text, null)),
    photo: () => part("photo-file").click(),
    "trouble-photo": () => part("photo-file").click(),
    quantity: () => {
      const latest = linesOf(shown.entries)[0];
      if (latest) askQuantity(latest);
    },
  };
  for (const [id, tap] of Object.entries(taps)) part(id).addEventListener("click", tap);
  takePhotos("photo-file", (photo) => void readPhoto(photo));
  takePhotos("goods-file", (photo) => void keepPhoto(photo));
}

function takePhotos(id: string, take: (photo: File) => void): void {
  const field = part<HTMLInputElement>(id);
  field.addEventListener("change", () => {
    const photo = field.files?.[0];
    field.value = ""; // the same photo again is a change again
    if (photo) take(photo);
  });
}

/** Some phones bring a page back without telling: each of these may be the only sign. */
function watchReturns(): void {
  const back = (): void => void app.refresh();
  window.addEventListener("online", back);
  window.addEventListener("pageshow", (event) => event.persisted && back());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && back());
  setInterval(() => {
    if (document.visibilityState === "visible") void app.refreshBins();
  }, BINS_EVERY_MS);
}

listenToWedge(new Wedge(), (text) => void app.take(text, null));
connectButtons();
watchReturns();
registerServiceWorker((apply) => {
  update = apply;
  void drawSync(queueState);
});
void app.start();
