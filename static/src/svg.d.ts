/** SVG files are bundled as their text. */
declare module "*.svg" {
  const markup: string;
  export default markup;
}
