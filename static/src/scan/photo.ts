/** Takes a photo where the live camera cannot be used: needs no secure context, the server decodes. */

const LONGEST = 2400;
const QUALITY = 0.88;

/**
 * Shrink a big photo before it travels: quicker on a weak network, and big pictures are read worse. Drawing it also
 * applies its orientation and turns the formats of phones that a server cannot open into JPEG.
 */
export async function shrinkPhoto(file: File): Promise<Blob> {
  const address = URL.createObjectURL(file);
  try {
    const image = await load(address);
    const shrink = LONGEST / Math.max(image.naturalWidth, image.naturalHeight);
    return shrink >= 1 && file.type === "image/jpeg" ? file : ((await redraw(image, Math.min(1, shrink))) ?? file);
  } catch {
    return file; // the server may still know the format
  } finally {
    URL.revokeObjectURL(address);
  }
}

function load(address: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("unknown picture format"));
    image.src = address;
  });
}

function redraw(image: HTMLImageElement, shrink: number): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * shrink));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * shrink));
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
