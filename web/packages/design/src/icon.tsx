import type { FunctionComponent } from "preact";

export interface IconProps {
  /** 16 px rather than 20. */
  small?: boolean;
  class?: string;
}

/** An icon of one path. It is decoration: the word for it stands beside it or is the name of its button. */
export function icon(d: string, turns = false): FunctionComponent<IconProps> {
  return ({ small, class: more }: IconProps) => (
    <svg
      class={`sb-icon${small ? " sb-small" : ""}${turns ? " sb-turns" : ""}${more ? ` ${more}` : ""}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={d} />
    </svg>
  );
}
