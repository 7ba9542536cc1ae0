import { homeOf } from "./live/place.ts";

/** The built script stands in `assets/` of the console's folder. */
export const home = homeOf(import.meta.url);
