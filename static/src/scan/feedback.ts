/** Answers a scan before the hand moves on: sound, vibration, a flash of colour and one line of text. */

export type Sound = "ok" | "bin" | "attention" | "refused";
/** "idle" is the look of the line when nothing has just happened; it has no sound. */
export type Tone = Sound | "idle";

interface Beep {
  /** Frequencies in Hz, one after the other. */
  notes: number[];
  /** Seconds a note lasts. */
  length: number;
  buzz: number[];
}

const BEEPS: Record<Sound, Beep> = {
  ok: { notes: [1760], length: 0.08, buzz: [40] },
  bin: { notes: [880, 1320], length: 0.1, buzz: [40, 40, 40] },
  attention: { notes: [520, 520], length: 0.14, buzz: [120, 60, 120] },
  refused: { notes: [196], length: 0.4, buzz: [350] },
};

export class Feedback {
  private sound: AudioContext | null = null;

  constructor(
    private readonly line: HTMLElement,
    private readonly flashed: HTMLElement,
  ) {
    // Browsers let a page sound only after a tap; after a call iOS says "interrupted" and wants another one.
    document.addEventListener("pointerup", () => void this.wakeSound(), true);
  }

  give(tone: Sound, text: string): void {
    this.say(tone, text);
    this.flash(tone);
    this.beep(BEEPS[tone]);
    navigator.vibrate?.(BEEPS[tone].buzz);
  }

  /** Text alone, for what nobody waits for. */
  say(tone: Tone, text: string): void {
    this.line.dataset["tone"] = tone;
    this.line.textContent = text;
  }

  private flash(tone: Sound): void {
    this.flashed.dataset["tone"] = tone;
    this.flashed.classList.remove("is-flashing");
    void this.flashed.offsetWidth; // a reflow restarts the animation when two scans follow closely
    this.flashed.classList.add("is-flashing");
  }

  private async wakeSound(): Promise<void> {
    if (this.sound?.state === "running") return;
    try {
      if (!this.sound || this.sound.state === "closed") this.sound = new AudioContext();
      await this.sound.resume();
    } catch {
      this.sound = null; // silence is no reason to stop counting
    }
  }

  private beep({ notes, length }: Beep): void {
    const { sound } = this;
    if (sound?.state !== "running") return;
    const volume = sound.createGain();
    volume.gain.value = 0.25;
    volume.connect(sound.destination);
    notes.forEach((frequency, index) => {
      const note = sound.createOscillator();
      note.type = "square";
      note.frequency.value = frequency;
      note.connect(volume);
      note.start(sound.currentTime + index * length * 1.4);
      note.stop(sound.currentTime + index * length * 1.4 + length);
    });
  }
}
