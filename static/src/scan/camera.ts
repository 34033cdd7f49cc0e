/**
 * One camera stream for as long as the page is open: started by a tap, kept between scans, brought back when a
 * phone takes it away. Restarts follow one another; two at once leave some phones with a black picture.
 */

export interface Abilities {
  torch: boolean;
  zoom: { min: number; max: number; step: number; now: number } | null;
}

export interface Lens {
  id: string;
  label: string;
}

/** Torch, zoom and focus are in no browser's typed constraints yet. */
interface CameraSettings extends MediaTrackConstraintSet {
  torch?: boolean;
  zoom?: number;
  focusMode?: string;
}

interface CameraCapabilities extends MediaTrackCapabilities {
  torch?: boolean;
  zoom?: { min: number; max: number; step?: number };
  focusMode?: string[];
}

const LOST_CHECK_MS = 600;

export class Camera {
  private stream: MediaStream | null = null;
  private lens: string | null = null;
  private wanted = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onLost: (error: unknown) => void,
  ) {
    for (const name of ["pageshow", "focus"]) window.addEventListener(name, () => this.checkSoon());
    document.addEventListener("visibilitychange", () => this.checkSoon());
  }

  get running(): boolean {
    return this.track?.readyState === "live";
  }

  /** Open the camera, the remembered one if it is still there. Rejects with what the browser says. */
  start(lens: string | null = this.lens): Promise<void> {
    this.wanted = true;
    return this.inTurn(() => this.open(lens));
  }

  stop(): Promise<void> {
    this.wanted = false;
    return this.inTurn(async () => this.release());
  }

  abilities(): Abilities {
    const can = (this.track?.getCapabilities?.() ?? {}) as CameraCapabilities;
    const now = (this.track?.getSettings() as { zoom?: number } | undefined)?.zoom ?? 1;
    const zoom = can.zoom && can.zoom.max > can.zoom.min ? { step: 0.1, ...can.zoom, now } : null;
    return { torch: can.torch === true, zoom };
  }

  async lenses(): Promise<Lens[]> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === "videoinput").map(({ deviceId, label }) => ({ id: deviceId, label }));
  }

  get currentLens(): string | null {
    return this.track?.getSettings().deviceId ?? null;
  }

  setTorch(on: boolean): Promise<boolean> {
    return this.apply({ torch: on });
  }

  setZoom(zoom: number): Promise<boolean> {
    return this.apply({ zoom });
  }

  private get track(): MediaStreamTrack | undefined {
    return this.stream?.getVideoTracks()[0];
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work, work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async open(lens: string | null): Promise<void> {
    this.release();
    const stream = await openStream(lens);
    this.stream = stream;
    this.lens = lens;
    for (const name of ["ended", "mute"]) this.track?.addEventListener(name, () => this.checkSoon());
    this.video.srcObject = stream;
    await this.video.play();
    const focus = (this.track?.getCapabilities?.() as CameraCapabilities | undefined)?.focusMode;
    if (focus?.includes("continuous")) await this.apply({ focusMode: "continuous" });
  }

  private release(): void {
    const { stream } = this;
    this.stream = null; // first: the end of its tracks must not look like a loss
    stream?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  private async apply(settings: CameraSettings): Promise<boolean> {
    try {
      await this.track?.applyConstraints({ advanced: [settings] });
      return this.track !== undefined;
    } catch {
      return false;
    }
  }

  /** Phones need a moment after they come back before a track tells the truth. */
  private checkSoon(): void {
    setTimeout(() => void this.bringBack(), LOST_CHECK_MS);
  }

  private async bringBack(): Promise<void> {
    if (!this.wanted || document.visibilityState !== "visible") return;
    await this.inTurn(async () => {
      if (!this.wanted || !this.isLost()) return;
      await this.open(this.lens).catch(this.onLost);
    });
  }

  private isLost(): boolean {
    const { track } = this;
    if (track?.readyState === "live" && !track.muted && this.video.paused) void this.video.play().catch(() => undefined);
    return track?.readyState !== "live" || track.muted;
  }
}

async function openStream(lens: string | null): Promise<MediaStream> {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const facing = { facingMode: { ideal: "environment" }, ...size };
  if (lens === null) return navigator.mediaDevices.getUserMedia({ audio: false, video: facing });
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video: { deviceId: { exact: lens }, ...size } });
  } catch (error) {
    if ((error as DOMException).name !== "OverconstrainedError") throw error;
    return navigator.mediaDevices.getUserMedia({ audio: false, video: facing }); // that lens is gone
  }
}
