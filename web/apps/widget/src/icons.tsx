/*
 * The icons of the widget, in the place of the design's: the same signs, drawn in fewer strokes. After Feather
 * (https://feathericons.com), MIT, copyright (c) 2013-2022 Cole Bemis.
 */

/** An icon of one path. It is decoration: the word for it stands beside it or is the name of its button. */
const icon =
  (d: string, turns = "") =>
  ({ small }: { small?: boolean }) => (
    <svg class={`sb-icon${small ? " sb-small" : ""}${turns}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={d} />
    </svg>
  );

const CIRCLE = "M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M12 ";
export const SendIcon = /* @__PURE__ */ icon("M22 2L11 13M22 2l-7 20-4-9-9-4z", " sb-turns");
export const XIcon = /* @__PURE__ */ icon("M18 6L6 18M6 6l12 12");
export const CheckIcon = /* @__PURE__ */ icon("M20 6L9 17l-5-5");
export const CheckCheckIcon = /* @__PURE__ */ icon("M18 6L7 17l-5-5M22 10l-7.5 7.5L13 16");
export const ClockIcon = /* @__PURE__ */ icon(`${CIRCLE}6v6l4 2`);
export const CircleAlertIcon = /* @__PURE__ */ icon(`${CIRCLE}8v4M12 16h.01`);
export const EllipsisIcon = /* @__PURE__ */ icon("M4 12h2M11 12h2M18 12h2");
export const SparklesIcon = /* @__PURE__ */ icon(
  "M11 4l2 5.5 5.5 2-5.5 2-2 5.5-2-5.5L3.5 11.5 9 9.5zM19 2v5M16.5 4.5h5",
);
export const HeadsetIcon = /* @__PURE__ */ icon(
  "M3 18v-6a9 9 0 0 1 18 0v6M3 15h4v6H4a1 1 0 0 1-1-1zM21 15h-4v6h3a1 1 0 0 0 1-1z",
);
export const ArrowDownIcon = /* @__PURE__ */ icon("M12 5v14M19 12l-7 7-7-7");
/** Five faces, the worst first. */
export const FACES = ["16q4-4 8 0", "15.5q4-2 8 0", "15.5h8", "14.5q4 2.5 8 0", "13.5q4 6 8 0"].map((mouth) =>
  icon(`${CIRCLE}12M9 9.5v.5M15 9.5v.5M8 ${mouth}`),
);
