/** A style sheet, minified by the bundler, for `adoptedStyleSheets`. */
declare module '*.css' {
  export const css: string;
}
