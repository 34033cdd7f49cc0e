/** Names why a camera cannot be used, so that the page can say what to do about it. */

export type Trouble = "insecure" | "wechat" | "denied" | "none" | "busy" | "decoder" | "failed";

export interface Surroundings {
  secure: boolean;
  hasCameraApi: boolean;
  userAgent: string;
}

export class DecoderBroken extends Error {}

export function surroundings(): Surroundings {
  return {
    secure: window.isSecureContext,
    hasCameraApi: typeof navigator.mediaDevices?.getUserMedia === "function",
    userAgent: navigator.userAgent,
  };
}

/** What can be known before anybody is asked for permission. */
export function troubleBefore(here: Surroundings): Trouble | null {
  if (here.secure && here.hasCameraApi) return null;
  if (isWeChat(here)) return "wechat";
  return here.secure ? "none" : "insecure";
}

const BY_NAME: Record<string, Trouble> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

export function troubleFrom(error: unknown, here: Surroundings): Trouble {
  if (error instanceof DecoderBroken) return "decoder";
  const trouble = BY_NAME[(error as { name?: string } | null)?.name ?? ""] ?? "failed";
  // The browser inside WeChat may hand out no camera at all, whatever the user allows.
  return isWeChat(here) && trouble !== "busy" ? "wechat" : trouble;
}

function isWeChat(here: Surroundings): boolean {
  return /MicroMessenger/i.test(here.userAgent);
}
