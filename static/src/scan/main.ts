/** The scan page: reads what the server put into it, makes the parts, connects the buttons. */

import { registerServiceWorker } from "../register";
import { Api } from "./api";
import { App } from "./app";
import { CameraPanel } from "./camera-panel";
import { Clock, watched } from "./clock";
import type { Config, PhotoCode } from "./contract";
import { part, readJson, translator } from "./dom";
import { Feedback } from "./feedback";
import { Keypad } from "./keypad";
import { linesOf, type Line } from "./lines";
import { shrinkPhoto } from "./photo";
import type { QueueState } from "./queue";
import { ChoiceSheet, OutboxSheet, QuestionSheet } from "./sheets";
import { EMPTY, nameOf, type State } from "./stocktake";
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
const outbox = new OutboxSheet(t, store, (sendNow) => void (sendNow ? app.queue.poke() : drawSync(queueState)));

let shown: State = EMPTY;
let queueState: QueueState = "idle";

const app = new App({
  config,
  t,
  store,
  clock: watched(new Clock()),
  api,
  feedback,
  onState(state) {
    shown = state;
    view.draw(state);
    question.draw(state);
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
  outbox.drawState(state);
}

function askQuantity(line: Line): void {
  const { raw, item, pack } = line;
  const of = {
    name: nameOf(line),
    unit: pack?.unit ?? item?.unit ?? "",
    factor: pack?.factor ?? "1",
    baseUnit: item?.unit ?? "",
  };
  keypad.askQuantity(of, (quantity) => void app.act({ type: "set", raw, quantity }));
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
  const file = part<HTMLInputElement>("photo-file");
  const taps: Record<string, () => void> = {
    undo: () => void app.act({ type: "undo" }),
    "close-bin": () => void app.act({ type: "ask_close" }),
    code: () => keypad.askCode((text) => void app.take(text, null)),
    photo: () => file.click(),
    "trouble-photo": () => file.click(),
    quantity: () => {
      const latest = linesOf(shown.entries)[0];
      if (latest) askQuantity(latest);
    },
  };
  for (const [id, tap] of Object.entries(taps)) part(id).addEventListener("click", tap);
  file.addEventListener("change", () => {
    const photo = file.files?.[0];
    file.value = ""; // the same photo again is a change again
    if (photo) void readPhoto(photo);
  });
}

/** Some phones bring a page back without telling: each of these may be the only sign. */
function watchReturns(): void {
  const back = (): void => void app.refresh();
  window.addEventListener("online", back);
  window.addEventListener("pageshow", (event) => event.persisted && back());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && back());
  setInterval(() => {
    if (document.visibilityState === "visible" && !app.hasOpenBin) void app.refreshBins();
  }, BINS_EVERY_MS);
}

new CameraPanel(config, t, store, choice, (read) => void app.take(read.raw, read.symbology));
listenToWedge(new Wedge(), (text) => void app.take(text, null));
connectButtons();
watchReturns();
registerServiceWorker();
void app.start();
