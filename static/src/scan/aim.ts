/** Geometry of the aiming frame: which pixels of the camera lie under it. */

export interface Size {
  width: number;
  height: number;
}

export interface Box extends Size {
  x: number;
  y: number;
}

/** The aiming frame as a share of the view; camera.css draws it with the same numbers. */
export const AIM: Size = { width: 0.86, height: 0.62 };

/** Pixels of the video under the aiming frame, where the video covers the view (object-fit: cover). */
export function cropUnderAim(video: Size, view: Size, aim: Size = AIM): Box {
  const scale = Math.max(view.width / video.width, view.height / video.height) || 1;
  const width = Math.min(video.width, Math.round((view.width * aim.width) / scale));
  const height = Math.min(video.height, Math.round((view.height * aim.height) / scale));
  return { x: Math.round((video.width - width) / 2), y: Math.round((video.height - height) / 2), width, height };
}

export type Turn = "none" | "half" | "quarter";

/**
 * How to look at the frame of this number: mostly straight, which is cheap, sometimes turned by 45 degrees (the
 * decoder reads no linear symbol there), sometimes with its own search for 90 degrees.
 */
export function turnFor(frame: number): Turn {
  if (frame % 4 === 3) return "half";
  return frame % 8 === 5 ? "quarter" : "none";
}
