declare const VISITOR_ONLY: boolean | undefined;
/** False in a build for a widget (`define: { VISITOR_ONLY: "true" }`): what only the console and the board use is left out. */
export const WHOLE = typeof VISITOR_ONLY === "undefined";
