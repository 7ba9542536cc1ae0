/** The parts that the three faces are made of. Styles: tokens.css, base.css, components.css, conversation.css. */
export * from "./arrange.ts";
export * from "./colour.ts";
export * from "./controls.tsx";
export * from "./conversation.tsx";
export * from "./emoji.tsx";
export * from "./i18n.ts";
export { type IconProps, icon } from "./icon.tsx";
export * from "./icons.tsx";
export * from "./layers.tsx";
export * from "./linger.ts";
export * from "./older.ts";
export * from "./show.tsx";
export * from "./text.ts";
export * from "./time.ts";
