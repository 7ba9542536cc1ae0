import "@switchboard/design/tokens.css";
import "@switchboard/design/base.css";
import "@switchboard/design/components.css";
import "@switchboard/design/conversation.css";
import "@switchboard/design/forms.css";
import "uplot/dist/uPlot.min.css";
import "./admin.css";
import { render } from "preact";
import { App } from "./views/app.tsx";

const root = document.getElementById("app");
if (root) render(<App />, root);
