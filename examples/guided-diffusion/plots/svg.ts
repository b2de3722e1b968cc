/** Pictures as text: SVG, of the few elements that plots and sheets are made of. */

/** Part of a picture: text of SVG. */
export type Svg = string;

type Attributes = Readonly<Record<string, string | number | undefined>>;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Coordinates to hundredths: no eye sees less. */
const written = (value: string | number): string =>
  escaped(typeof value === "number" ? `${Math.round(value * 100) / 100}` : value);

/** An element; attributes that are `undefined` are left out. */
export const element = (name: string, attributes: Attributes, ...children: readonly Svg[]): Svg => {
  const said = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${written(value)}"`],
  );
  return children.length === 0
    ? `<${name}${said.join("")}/>`
    : `<${name}${said.join("")}>${children.join("")}</${name}>`;
};

/** Parts, moved to a place. */
export const at = (x: number, y: number, ...parts: readonly Svg[]): Svg =>
  element("g", { transform: `translate(${written(x)} ${written(y)})` }, ...parts);

/** The font of all labels, which `rasterise.ts` has. */
export const font = "B612";

interface TextOptions {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly color?: string;
  readonly bold?: boolean;
  /** In degrees, clockwise. */
  readonly turn?: number;
}

/** A line of text; y is that of its baseline. */
export const label = (
  x: number,
  y: number,
  text: string,
  { size = 11, anchor = "start", color = "#333", bold = false, turn }: TextOptions = {},
): Svg =>
  element(
    "text",
    {
      x,
      y,
      "font-size": size,
      "text-anchor": anchor,
      fill: color,
      "font-weight": bold ? "bold" : undefined,
      transform: turn === undefined ? undefined : `rotate(${turn} ${written(x)} ${written(y)})`,
    },
    escaped(text),
  );

/** A whole picture on white. */
export const picture = (width: number, height: number, ...parts: readonly Svg[]): Svg =>
  element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${written(width)} ${written(height)}`,
      "font-family": `${font}, sans-serif`,
    },
    element("rect", { width, height, fill: "#fff" }),
    ...parts,
  );
