/** All parts in all their states, to look at. Not shipped. `?theme=dark&lang=ar&open=dialog` choose what is shown. */
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as d from "../src/index.ts";
import ar from "../src/words/ar.json";
import de from "../src/words/de.json";
import en from "../src/words/en.json";
import es from "../src/words/es.json";
import "../src/tokens.css";
import "../src/base.css";
import "../src/components.css";
import "../src/conversation.css";
import "./gallery.css";

const query = new URLSearchParams(location.search);
const language = query.get("lang") ?? "en";
const texts = d.createTexts(language, { en, de, es, ar }[language] ?? en, en);
document.documentElement.lang = language;
document.documentElement.dir = texts.direction;
document.documentElement.dataset.theme = query.get("theme") ?? "light";

const now = Date.now();
const minute = 60_000;
const customer = { id: "c", name: "Robin Vega", kind: "customer" as const };
const bot = { id: "b", name: "Assistant", kind: "assistant" as const };
const agent = { id: "a", name: "Sam Okafor", kind: "agent" as const };
const items: d.ChatItem[] = [
  { key: "0", at: now - 1440 * minute, side: "them", sender: bot, text: "Hi! How can I help you today?" },
  { key: "1", at: now - 30 * minute, side: "me", sender: customer, text: "Hello", mark: "read" },
  {
    key: "2",
    at: now - 30 * minute,
    side: "me",
    sender: customer,
    text: "Where is my parcel? I ordered it on Monday.",
    mark: "read",
  },
  {
    key: "3",
    at: now - 29 * minute,
    side: "them",
    sender: bot,
    text: "Your parcel left our warehouse this morning. You can follow it on https://example.com/track (it takes a day to show up).",
    sources: [{ title: "Delivery times", url: "https://example.com/delivery" }, { title: "Orders" }],
  },
  {
    key: "4",
    at: now - 28 * minute,
    side: "system",
    sender: { ...bot, kind: "system" },
    text: "You're now connected to Sam Okafor",
  },
  {
    key: "5",
    at: now - 8 * minute,
    side: "them",
    sender: agent,
    text: "Hello Robin, I see your order. One moment please.",
  },
  { key: "6", at: now - 7 * minute, side: "note", sender: agent, text: "Second question about this parcel." },
  { key: "7", at: now - 3 * minute, side: "me", sender: customer, text: "Thank you", mark: "delivered" },
  {
    key: "8",
    at: now - 1 * minute,
    side: "me",
    sender: customer,
    text: "Please hurry, it is a present.",
    mark: "failed",
  },
  { key: "9", at: now, side: "me", sender: customer, text: "Sent while offline", mark: "queued" },
  { key: "10", at: now, side: "them", sender: bot, text: "Let me look", streaming: true },
];

function Chat() {
  const [text, setText] = useState("");
  return (
    <div class="chat">
      <d.Banner
        action={
          <d.Button kind="plain" small>
            Try now
          </d.Button>
        }
      >
        We lost the connection. Your message is safe and will be sent.
      </d.Banner>
      <d.MessageList items={items} words={texts} now={now} newFrom="5" writing="Sam Okafor" onRetry={() => {}} />
      <div class="foot">
        <d.Composer
          value={text}
          onInput={setText}
          onSend={() => setText("")}
          words={texts}
          placeholder="Write a message…"
        />
      </div>
    </div>
  );
}

function Layers() {
  const [dialog, setDialog] = useState(query.get("open") === "dialog");
  const [tab, setTab] = useState("mine");
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (query.get("open") === "menu") box.current?.querySelector<HTMLElement>("[aria-haspopup]")?.click();
  }, []);
  return (
    <section ref={box}>
      <h2>Layers</h2>
      <div class="row tall" style={{ alignItems: "flex-start" }}>
        <d.Menu
          label="Status"
          wide
          atStart
          items={[
            { id: "on", label: "Available", checked: true, icon: <d.CircleCheckIcon />, onSelect: () => {} },
            { id: "away", label: "Away", checked: false, icon: <d.CirclePauseIcon />, onSelect: () => {} },
            null,
            { id: "out", label: "Sign out", danger: true, icon: <d.LogOutIcon />, onSelect: () => {} },
          ]}
        >
          <d.StatusDot state="on" word="Available" />
          <d.ChevronDownIcon small />
        </d.Menu>
        <d.Button onClick={() => setDialog(true)}>Open a dialog</d.Button>
      </div>
      <d.Tabs
        name="g"
        label="Conversations"
        chosen={tab}
        onChoose={setTab}
        tabs={[
          { id: "mine", label: "Mine", count: 3 },
          { id: "queue", label: "Queue", count: 12 },
          { id: "all", label: "All" },
        ]}
      />
      <div role="tabpanel" id={d.tabPanelId("g", tab)} aria-label={tab}>
        <d.Skeleton label="Loading" rows={3} now />
      </div>
      <d.Dialog
        open={dialog}
        title="Hand over to"
        closeLabel="Close"
        onClose={() => setDialog(false)}
        actions={
          <>
            <d.Button onClick={() => setDialog(false)}>Cancel</d.Button>
            <d.Button kind="primary">Hand over</d.Button>
          </>
        }
      >
        <d.Select label="Agent or team">
          <option>Sam Okafor · free</option>
          <option>Billing · 2 free</option>
        </d.Select>
        <d.TextArea label="Note for them" hint="Only agents see it." value="Wants a refund" />
      </d.Dialog>
      {query.get("open") === "toast" && (
        <d.ToastRegion
          label="Notices"
          closeLabel="Close"
          onClose={() => {}}
          toasts={[
            { id: "1", text: "Conversation closed.", action: { label: "Undo", onSelect: () => {} } },
            { id: "2", text: "Robin Vega wrote" },
          ]}
        />
      )}
    </section>
  );
}

function Faces() {
  const [value, setValue] = useState<number | null>(4);
  return (
    <d.RatingFaces
      label="How was it?"
      words={[1, 2, 3, 4, 5].map((n) => texts.t(`rate.${n}` as "rate.1"))}
      value={value}
      onRate={setValue}
    />
  );
}

function Gallery() {
  const tones = ["plain", "accent", "waiting", "overdue", "connected", "assistant"] as const;
  const theme = document.documentElement.dataset.theme === "dark";
  return (
    <main>
      <section>
        <h1>Parts</h1>
        <div class="row">
          <d.Button kind="primary" icon={<d.SendIcon small />}>
            Send
          </d.Button>
          <d.Button>Cancel</d.Button>
          <d.Button kind="plain">Learn more</d.Button>
          <d.Button kind="danger" icon={<d.Trash2Icon small />}>
            Remove
          </d.Button>
        </div>
        <div class="row">
          <d.Button kind="primary" disabled>
            Send
          </d.Button>
          <d.Button disabled>Cancel</d.Button>
          <d.Button kind="primary" busy>
            Connecting…
          </d.Button>
          <d.Button small>Small</d.Button>
          <d.Button small kind="primary">
            Small
          </d.Button>
        </div>
        <div class="row">
          <d.IconButton label="Notifications">
            <d.BellIcon />
          </d.IconButton>
          <d.IconButton label="Sound" pressed>
            <d.Volume2Icon />
          </d.IconButton>
          <d.IconButton label="More" disabled>
            <d.EllipsisIcon />
          </d.IconButton>
          <d.KeyHint keys="j" /> <d.KeyHint keys="Enter" /> <d.KeyHint keys="?" />
        </div>
        <d.Field label="E-mail" type="email" required placeholder="you@example.com" hint="We answer to this address." />
        <d.Field label="Name" value="Robin" error="Please write your whole name." />
        <d.Select label="Topic">
          <option>Delivery</option>
        </d.Select>
        <d.TextArea label="Message" value={"It grows\nwith what\nis typed."} />
        <d.Check label="Play a sound" hint="Only while you are available." checked />
      </section>
      <section>
        <h2>Signs</h2>
        <div class="row">
          {tones.map((tone) => (
            <d.Badge key={tone} tone={tone}>
              {tone}
            </d.Badge>
          ))}
        </div>
        <div class="row">
          <d.Badge tone="overdue" icon={<d.TriangleAlertIcon small />}>
            Escalated
          </d.Badge>
          <d.Badge tone="waiting" icon={<d.ClockIcon small />}>
            6 min
          </d.Badge>
          <d.Count value={3} label="3 unread" /> <d.Count value={140} label="140 unread" tone="overdue" />
        </div>
        <div class="row">
          <d.StatusDot state="on" word="Available" /> <d.StatusDot state="busy" word="Busy" />
          <d.StatusDot state="away" word="Away" /> <d.StatusDot state="off" word="Offline" />
          <d.StatusDot state="assistant" word="Assistant" />
        </div>
        <div class="row">
          {[
            "Sam Okafor",
            "Robin Vega",
            "Mia",
            "Jürgen Groß",
            "王小明",
            "ليلى حسن",
            "Ana López",
            "Noah",
            "Ida B",
            "K Z",
            "T U",
            "P Q",
          ].map((name) => (
            <d.Avatar key={name} name={name} size={40} />
          ))}
          <d.Avatar name="Assistant" size={40} assistant>
            <d.SparklesIcon />
          </d.Avatar>
          <d.Avatar name="Sam Okafor" size={24} /> <d.Avatar name="Sam Okafor" size={64} />
        </div>
        <div class="row">
          <d.Meter value={3} most={5} label="Load" words="3 of 5 conversations" />
          <d.Meter value={5} most={5} tone="overdue" label="Load" words="5 of 5 conversations" />
          <d.Meter value={0} most={5} tone="connected" label="Load" words="no conversations" />
          <d.Countdown until={now + 25_000} from={now - 5000} label="Time left" />
        </div>
        <p>
          <d.WaitText t={texts.t} position={3} wait={{ low: 240 }} />
        </p>
        <p>
          <d.WaitText t={texts.t} position={2} wait={{ low: 120, high: 420 }} />
        </p>
        <p>
          <d.WaitText t={texts.t} position={1} wait={{ low: 20 }} />
        </p>
        <p>
          <d.WaitText t={texts.t} position={11} wait={null} stale />
        </p>
        <Faces />
        <div class="row">
          {["#2457d6", "#ffd400", "#0a0a0a", "#ffffff", "#e5484d", "#00a884"].map((accent) => {
            const tokens = d.accentTokens(accent, theme);
            return (
              <span
                key={accent}
                class="swatch"
                style={{ background: tokens["--sb-accent"], color: tokens["--sb-on-accent"] }}
              >
                {accent}
              </span>
            );
          })}
        </div>
      </section>
      <section>
        <h2>Conversation</h2>
        <Chat />
      </section>
      <Layers />
      <section>
        <h2>States</h2>
        <d.EmptyState title="No conversations yet" action={<d.Button>Look at the queue</d.Button>}>
          Conversations that are handed to you appear here.
        </d.EmptyState>
        <d.ErrorState title="We could not load this" action={<d.Button kind="primary">Try again</d.Button>}>
          The server did not answer. Nothing you wrote is lost.
        </d.ErrorState>
        <d.Banner tone="overdue" icon={<d.CircleAlertIcon small />}>
          You did not answer two offers, so you are set to away.
        </d.Banner>
      </section>
      <section>
        <h2>Table</h2>
        <d.Table
          caption="Queue"
          rows={[
            { id: "1", who: "Robin Vega", waited: "6:12", why: "No free agent speaks Spanish" },
            { id: "2", who: "Customer 17", waited: "0:41", why: "Next" },
          ]}
          keyOf={(row) => row.id}
          sort={{ id: "waited", down: true }}
          onSort={() => {}}
          onOpen={() => {}}
          columns={[
            { id: "who", head: "Who", cell: (row) => row.who },
            { id: "waited", head: "Waited", cell: (row) => row.waited, number: true, sortable: true },
            { id: "why", head: "Why", cell: (row) => row.why },
          ]}
        />
        <d.Table
          caption="Alerts"
          dense
          rows={[] as { id: string }[]}
          keyOf={(row) => row.id}
          columns={[{ id: "a", head: "Alert", cell: () => "" }]}
          empty={
            <d.EmptyState title="No alerts" icon={<d.CircleCheckIcon />}>
              They appear here when something needs you.
            </d.EmptyState>
          }
        />
      </section>
    </main>
  );
}

render(<Gallery />, document.body);
