/** Two short sounds, made rather than loaded; silent until the person has touched the page once. */

export type SoundName = "message" | "offer";

/** Frequency in hertz, start and length in seconds. */
const NOTES: Record<SoundName, readonly (readonly [number, number, number])[]> = {
  message: [
    [660, 0, 0.12],
    [880, 0.09, 0.16],
  ],
  offer: [
    [587, 0, 0.14],
    [784, 0.14, 0.14],
    [988, 0.28, 0.24],
  ],
};

/** What became of a sound, for the self-test. */
export type Heard = "played" | "silent" | "blocked" | "missing";

export interface Sound {
  /** `loudness` 0 to 1. */
  play(name: SoundName, loudness: number): Promise<Heard>;
  /** Whether the browser lets it sound. */
  ready(): boolean;
}

export function createSound(): Sound {
  let context: AudioContext | null = null;
  const wake = () => {
    const Context = globalThis.AudioContext;
    if (!Context) return;
    context ??= new Context();
    if (context.state === "suspended") void context.resume();
  };
  // A browser lets a page sound only after a gesture; asking earlier leaves a warning and nothing else.
  for (const type of ["pointerdown", "keydown"]) globalThis.addEventListener?.(type, wake, { capture: true });

  return {
    ready: () => context?.state === "running",
    async play(name, loudness) {
      if (!globalThis.AudioContext) return "missing";
      if (loudness <= 0) return "silent";
      if (!context) return "blocked";
      if (context.state !== "running") {
        await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
        if ((context.state as string) !== "running") return "blocked";
      }
      const at = context.currentTime + 0.02;
      for (const [frequency, from, length] of NOTES[name]) {
        const tone = context.createOscillator();
        const gain = context.createGain();
        tone.type = "sine";
        tone.frequency.value = frequency;
        gain.gain.setValueAtTime(0.0001, at + from);
        gain.gain.exponentialRampToValueAtTime(0.4 * loudness, at + from + 0.015);
        gain.gain.exponentialRampToValueAtTime(0.0001, at + from + length);
        tone.connect(gain).connect(context.destination);
        tone.start(at + from);
        tone.stop(at + from + length + 0.02);
      }
      return "played";
    },
  };
}
