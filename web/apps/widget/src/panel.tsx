/** The panel: loaded when it is first opened, drawn anew after every change. */
import { pickLanguage } from "@switchboard/design/i18n";
import { render } from "preact";
import { createControl } from "./control.ts";
import { viewOf } from "./model.ts";
import type { Host, Panel } from "./shapes.ts";
import { Face } from "./ui.tsx";
import { LANGUAGES, textsOf } from "./words.ts";

declare const PANEL_CSS: string;
declare const WORD_FILES: Record<string, string>;

export async function mount(host: Host): Promise<Panel> {
  const { shadow, options } = host;
  const offered = await host.settings().then(
    ({ languages }) => LANGUAGES.filter((one) => languages.length === 0 || languages.includes(one)),
    () => [...LANGUAGES],
  );
  const wanted = [options.language ?? "", document.documentElement.lang, ...navigator.languages];
  const language = pickLanguage(wanted, offered, offered[0] ?? "en");
  const { default: words } = (await import(WORD_FILES[language] ?? "")) as { default: (string | 0)[] };
  const texts = textsOf(wanted.find((one) => one.startsWith(language)) ?? language, words);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(PANEL_CSS);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  const root = document.createElement("div");
  root.className = "sw";
  root.lang = language;
  root.dir = texts.direction;
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
