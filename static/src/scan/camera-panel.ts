/** The top of the page: starts the camera by a tap, says why it cannot, offers light, zoom and other lenses. */

import type { Config } from "./contract";
import { Camera, type Lens } from "./camera";
import { Decoder } from "./decoder";
import { part, type Translate } from "./dom";
import { findNative } from "./native";
import type { ChoiceSheet } from "./sheets";
import { Sightings } from "./sightings";
import type { Store } from "./store";
import type { Read } from "./symbology";
import { DecoderBroken, surroundings, troubleBefore, troubleFrom, type Trouble } from "./trouble";
import { Viewfinder } from "./viewfinder";
import { keepScreenOn } from "./wake-lock";

const LENS_NOTE = "lens";
const ZOOMS = [1, 2, 3];

export class CameraPanel {
  private readonly panel = part("view");
  private readonly video = part<HTMLVideoElement>("video");
  private readonly camera = new Camera(this.video, (error) => this.fail(error));
  private readonly sightings = new Sightings();
  private readonly native = findNative();
  private readonly keepOn = keepScreenOn(() => this.camera.running);
  private decoder: Decoder | null = null;
  private viewfinder: Viewfinder | null = null;

  constructor(
    private readonly config: Config,
    private readonly t: Translate,
    private readonly store: Store,
    private readonly choice: ChoiceSheet,
    private readonly onRead: (read: Read) => void,
  ) {
    part("start").addEventListener("click", () => void this.start());
    part("trouble-retry").addEventListener("click", () => void this.start());
    part("torch").addEventListener("click", () => void this.toggleTorch());
    part("zoom").addEventListener("click", () => void this.nextZoom());
    part("lens").addEventListener("click", () => void this.chooseLens());
    const trouble = troubleBefore(surroundings());
    if (trouble) this.show("trouble", trouble);
  }

  /** There is nothing left to scan. */
  end(): void {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.stop();
  }

  private async start(lens?: string): Promise<void> {
    const trouble = troubleBefore(surroundings());
    if (trouble) return this.show("trouble", trouble);
    this.show("starting");
    try {
      const remembered = lens ?? (await this.store.note<string>(LENS_NOTE).catch(() => undefined)) ?? null;
      const decoder = (this.decoder ??= new Decoder(this.config.worker, this.config.wasm));
      await Promise.all([this.camera.start(remembered), ready(decoder)]);
      this.watch(decoder);
    } catch (error) {
      this.fail(error);
    }
  }

  private watch(decoder: Decoder): void {
    this.sightings.clear();
    this.viewfinder ??= new Viewfinder(this.video, decoder, (reads) => this.look(reads));
    this.viewfinder.start();
    void this.native.then((look) => this.viewfinder && (this.viewfinder.native = look));
    this.show("on");
    void this.keepOn();
    void this.offerTools();
  }

  private look(reads: Read[]): void {
    for (const read of this.sightings.look(reads, performance.now())) this.onRead(read);
  }

  private fail(error: unknown): void {
    console.warn("camera", error);
    if (error instanceof DecoderBroken) this.decoder = null;
    this.stop();
    this.show("trouble", troubleFrom(error, surroundings()));
  }

  private stop(): void {
    this.viewfinder?.stop();
    this.viewfinder = null;
    void this.camera.stop();
  }

  private show(camera: "starting" | "on" | "trouble", trouble?: Trouble): void {
    this.panel.dataset["camera"] = camera;
    part("start-panel").hidden = camera !== "starting";
    part<HTMLButtonElement>("start").disabled = camera === "starting";
    part("trouble").hidden = trouble === undefined;
    if (!trouble) return;
    part("trouble").dataset["trouble"] = trouble;
    part("trouble-title").textContent = this.t(`trouble_${trouble}_title`);
    part("trouble-text").textContent = this.t(`trouble_${trouble}_text`);
  }

  private async offerTools(): Promise<void> {
    const { torch, zoom } = this.camera.abilities();
    part("torch").hidden = !torch;
    part("torch").setAttribute("aria-pressed", "false");
    part("zoom").hidden = zoom === null;
    part("zoom").textContent = `${Math.round((zoom?.now ?? 1) * 10) / 10}×`;
    part("lens").hidden = (await this.camera.lenses()).length < 2;
  }

  private async toggleTorch(): Promise<void> {
    const torch = part("torch");
    const on = torch.getAttribute("aria-pressed") !== "true";
    if (await this.camera.setTorch(on)) torch.setAttribute("aria-pressed", String(on));
  }

  /** Big phones cannot focus close up: standing off and zooming in is how they read small codes. */
  private async nextZoom(): Promise<void> {
    const { zoom } = this.camera.abilities();
    if (!zoom) return;
    const steps = ZOOMS.filter((step) => step >= zoom.min && step <= zoom.max);
    const next = steps.find((step) => step > zoom.now + 0.05) ?? steps[0] ?? zoom.min;
    if (await this.camera.setZoom(next)) part("zoom").textContent = `${next}×`;
  }

  private async chooseLens(): Promise<void> {
    const lenses = await this.camera.lenses();
    const now = this.camera.currentLens;
    const row = (lens: Lens, index: number): { title: string; detail: string; value: string } => ({
      title: lens.label || this.t("camera_n", { n: index + 1 }),
      detail: lens.id === now ? "✓" : "",
      value: lens.id,
    });
    this.choice.ask(this.t("choose_camera"), lenses.map(row), (lens) => void this.take(lens));
  }

  private async take(lens: string): Promise<void> {
    await this.store.keepNote(LENS_NOTE, lens).catch(() => undefined);
    await this.start(lens);
  }
}

async function ready(decoder: Decoder): Promise<void> {
  try {
    await decoder.whenReady();
  } catch (error) {
    throw new DecoderBroken(String(error));
  }
}
