/** Looks at the camera's picture again and again: takes what lies under the aiming frame and has it decoded. */

import { cropUnderAim, turnFor, type Box } from "./aim";
import type { Decoder } from "./decoder";
import type { NativeLook } from "./native";
import type { Read } from "./symbology";

/** More looks a second find nothing more and warm the phone. */
const PAUSE_BETWEEN_LOOKS_MS = 50;
const WIDEST = 1280;

export class Viewfinder {
  private readonly canvas = document.createElement("canvas");
  private readonly pen = this.canvas.getContext("2d", { willReadFrequently: true, alpha: false })!;
  /** The browser's own reader, which needs no turning, takes over the looks that would be turned. */
  native: NativeLook | null = null;
  private run = 0;
  private frame = 0;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly decoder: Decoder,
    private readonly onLook: (reads: Read[]) => void,
  ) {}

  start(): void {
    this.run += 1;
    void this.watch(this.run);
  }

  stop(): void {
    this.run += 1;
  }

  private async watch(run: number): Promise<void> {
    while (run === this.run) {
      await nextFrame(this.video);
      const reads = await this.look();
      if (reads && run === this.run) this.onLook(reads);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_BETWEEN_LOOKS_MS));
    }
  }

  private async look(): Promise<Read[] | null> {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width === 0 || this.decoder.busy) return null;
    const view = { width: this.video.clientWidth, height: this.video.clientHeight };
    const crop = cropUnderAim({ width, height }, view);
    const turn = turnFor((this.frame += 1));
    if (turn === "half" && this.native) return this.lookNatively(this.native, crop);
    const image = turn === "half" ? this.grabTurned(crop) : this.grab(crop);
    return this.decoder.decode(image, turn !== "none");
  }

  private async lookNatively(native: NativeLook, crop: Box): Promise<Read[]> {
    this.grab(crop);
    try {
      return await native(this.canvas);
    } catch {
      this.native = null; // it has read before and does no more: the turned looks come back
      return [];
    }
  }

  private grab(crop: Box): ImageData {
    const shrink = Math.min(1, WIDEST / crop.width);
    const { width, height } = this.resize(crop.width * shrink, crop.height * shrink);
    this.pen.drawImage(this.video, crop.x, crop.y, crop.width, crop.height, 0, 0, width, height);
    return this.pen.getImageData(0, 0, width, height);
  }

  private grabTurned(crop: Box): ImageData {
    const { videoWidth, videoHeight } = this.video;
    const side = Math.min(crop.width, videoWidth, videoHeight, WIDEST);
    this.resize(side, side);
    this.pen.translate(side / 2, side / 2);
    this.pen.rotate(Math.PI / 4);
    this.pen.drawImage(this.video, (videoWidth - side) / 2, (videoHeight - side) / 2, side, side, -side / 2, -side / 2, side, side);
    return this.pen.getImageData(0, 0, side, side);
  }

  /** Setting a canvas's size also resets its transformation. */
  private resize(width: number, height: number): HTMLCanvasElement {
    this.canvas.width = Math.max(1, Math.round(width));
    this.canvas.height = Math.max(1, Math.round(height));
    return this.canvas;
  }
}

function nextFrame(video: HTMLVideoElement): Promise<unknown> {
  if ("requestVideoFrameCallback" in video) return new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
