/** The panel: loaded when it is first opened, drawn anew after every change. */
import { render } from "preact";
import { createControl } from "./control.ts";
import { viewOf } from "./model.ts";
import type { Host, Panel } from "./shapes.ts";
import { Face } from "./ui.tsx";
import { textsOf } from "./words.ts";

declare const PANEL_CSS: string;

export function mount(host: Host): Panel {
  const { shadow, language, direction } = host;
  const texts = textsOf(language, direction);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(PANEL_CSS);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  const root = document.createElement("div");
  root.className = "sw";
  root.lang = language;
  root.dir = direction;
  shadow.append(root);
  let state = "";
  let due = false;
  let isOpen = false;
  let gone = false;

  /** Many changes in a row are one picture. */
  function draw(): void {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      if (gone) return;
      control.update();
      const view = viewOf(control.state, texts);
      if (view.state !== state) {
        state = view.state;
        host.emit("state", state);
      }
      render(<Face view={view} control={control} texts={texts} host={host} open={isOpen} />, root);
    });
  }
  const control = createControl(host, draw);
  void control.load();
  return {
    shown(open) {
      isOpen = open;
      control.shown(open);
      draw();
    },
    identify: control.identify,
    send: control.send,
    destroy() {
      gone = true;
      control.destroy();
      render(null, root);
    },
  };
}
