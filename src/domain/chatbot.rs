//! A chatbot: one entrance to the product, with its hours and its way of routing.

use super::conversation::names;
use super::hours::BusinessHours;
use super::ids::ChatbotId;
use super::time::{Millis, Timestamp};

/// The id of the chatbot that is made at first start, and used by who names none.
pub const DEFAULT_CHATBOT: &str = "default";

/// How a waiting conversation reaches an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoutingMode {
    /// Assigned at once (seed 001).
    Auto,
    /// Offered; the agent accepts or declines (seed 002).
    Offer,
    /// Waits until an agent takes it (seed 000).
    Manual,
}
names!(RoutingMode { Auto = "auto", Offer = "offer", Manual = "manual" });

/// What happens to a customer who cannot be queued in the ordinary way (R15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FallbackPolicy {
    /// Asks for an e-mail address and a message.
    OfflineMessage,
    /// The assistant goes on.
    Ai,
    /// Waits in the queue all the same.
    QueueAnyway,
}
names!(FallbackPolicy { OfflineMessage = "offline_message", Ai = "ai", QueueAnyway = "queue_anyway" });

/// The routing settings of an installation (`[routing]`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoutingSettings {
    /// For chatbots that set none.
    pub mode: RoutingMode,
    /// An offer's time to be answered.
    pub offer_timeout: Millis,
    /// How many agents are asked at once in offer mode; first accept wins.
    pub broadcast_offers: usize,
    /// Missed offers until an agent counts as not responding (R5).
    pub missed_offers_limit: i32,
    /// Waiting this long raises the effective priority by one (R6).
    pub ageing_step: Millis,
    /// The highest effective priority that ageing reaches (R6).
    pub top_priority: i32,
    /// How long an entry is kept for the customer's last agent when that one cannot take it now (R8).
    pub sticky_wait: Millis,
    /// After this long the next skill is dropped; zero = never (R9).
    pub relax_after: Millis,
    /// An agent may be unconnected this long (R10).
    pub agent_grace: Millis,
    /// An agent whose last sign of life is older than this is gone (R10).
    pub agent_heartbeat_timeout: Millis,
    /// A waiting customer may be unconnected this long (R11).
    pub customer_grace: Millis,
    /// A conversation without a message for this long closes itself (R11).
    pub idle_timeout: Millis,
    /// The warning comes this long before.
    pub idle_warning: Millis,
    /// The agent's paperwork after a close; zero = none.
    pub wrap_up: Millis,
    /// Entries that may wait; none = no bound.
    pub max_queue: Option<usize>,
    /// The longest wait; none = no bound.
    pub max_wait: Option<Millis>,
    /// Outside business hours.
    pub closed_policy: FallbackPolicy,
    /// When the queue is full. `queue_anyway` makes `max_queue` a warning only.
    pub queue_full_policy: FallbackPolicy,
    /// When the longest wait is over. `queue_anyway` goes on waiting.
    pub max_wait_policy: FallbackPolicy,
    /// When no eligible agent is connected inside hours.
    pub no_agents_policy: FallbackPolicy,
    /// When the hours end while customers wait. `queue_anyway` keeps them.
    pub closing_policy: FallbackPolicy,
    /// The prior of the mean holding time.
    pub default_handle_time: Millis,
    /// Units of an agent whose record sets none (`MAX_CONCURRENT_CHATS_PER_STAFF`).
    pub default_capacity: i32,
    /// Agents may take waiting conversations themselves (`queue.pick`).
    pub queue_pick: bool,
}

impl Default for RoutingSettings {
    fn default() -> Self {
        Self {
            mode: RoutingMode::Auto,
            offer_timeout: Millis::from_secs(30),
            broadcast_offers: 1,
            missed_offers_limit: 1,
            ageing_step: Millis::from_mins(5),
            top_priority: 10,
            sticky_wait: Millis::ZERO,
            relax_after: Millis::from_mins(2),
            agent_grace: Millis::from_secs(30),
            agent_heartbeat_timeout: Millis::from_mins(2),
            customer_grace: Millis::from_mins(3),
            idle_timeout: Millis::from_mins(30),
            idle_warning: Millis::from_mins(2),
            wrap_up: Millis::ZERO,
            max_queue: None,
            max_wait: None,
            closed_policy: FallbackPolicy::OfflineMessage,
            queue_full_policy: FallbackPolicy::OfflineMessage,
            max_wait_policy: FallbackPolicy::QueueAnyway,
            no_agents_policy: FallbackPolicy::QueueAnyway,
            closing_policy: FallbackPolicy::QueueAnyway,
            default_handle_time: Millis::from_mins(8),
            default_capacity: 5,
            queue_pick: true,
        }
    }
}

/// What follows when the assistant or the customer's words ask for a human.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HandOffMode {
    /// The conversation is escalated at once.
    #[default]
    AtOnce,
    /// "Connect with Customer Support" is shown, and the click is waited for (seed 000).
    Ask,
}
names!(HandOffMode { AtOnce = "at_once", Ask = "ask" });

/// Who answers at a chatbot, where it differs from the installation's `[assistant]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChatbotAssistant {
    /// `knowledge`, `openai`, `anthropic`, or a host's own.
    pub provider: Option<String>,
    /// The provider's model.
    pub model: Option<String>,
    /// Instructions, with `{{variables}}`; empty = the installation's.
    pub prompt: String,
    /// Articles with one of these tags, or without any, may be used; empty = all.
    pub knowledge_tags: Vec<String>,
    /// None = the installation's.
    pub hand_off: Option<HandOffMode>,
}

/// What kind of answer a field of the form before a conversation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldKind {
    /// One line.
    Text,
    /// An e-mail address.
    Email,
    /// Several lines.
    LongText,
}
names!(FieldKind { Text = "text", Email = "email", LongText = "long_text" });

/// One field of the form that a customer fills in before the first conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PreChatField {
    /// `name` and `email` become the customer's; any other goes into the conversation's metadata under this key.
    pub key: String,
    /// Shown.
    pub label: String,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether it may be left empty.
    pub required: bool,
}

/// How a chatbot's widget behaves, where that is not in the theme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChatbotWidget {
    /// The form before the first conversation; empty = none.
    pub pre_chat: Vec<PreChatField>,
    /// Languages to choose from (`en`, `pt-BR`), the first one standing in for all others; empty = all there are.
    pub languages: Vec<String>,
    /// The line at the widget's foot. None = the product's name, empty = no line.
    pub powered_by: Option<String>,
}

/// What is said at a widget's foot unless the chatbot says otherwise.
pub const POWERED_BY: &str = "Powered by Switchboard";

/// Whether people can be reached at a chatbot now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachability {
    /// Which chatbot.
    pub chatbot_id: ChatbotId,
    /// Inside its hours.
    pub open: bool,
    /// When it opens, outside its hours.
    pub next_opening: Option<Timestamp>,
    /// Agents with a link.
    pub online_agents: usize,
    /// Those of them who take conversations.
    pub available_agents: usize,
    /// Conversations that they could take now.
    pub free_units: i64,
    /// Customers who wait.
    pub waiting: usize,
    /// The place and the wait of the last of them.
    pub last: Option<super::event::QueuePlace>,
}

/// A stored chatbot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chatbot {
    /// Its id; `default` is made at first start.
    pub id: ChatbotId,
    /// Shown to customers.
    pub name: String,
    /// The assistant's first line.
    pub greeting: String,
    /// Overrides `[routing] mode`.
    pub routing_mode: Option<RoutingMode>,
    /// Overrides `[routing] closed_policy`.
    pub closed_policy: Option<FallbackPolicy>,
    /// Who answers.
    pub assistant: ChatbotAssistant,
    /// How the widget looks: JSON text that the engine keeps and does not read.
    pub theme: Option<String>,
    /// How the widget behaves.
    pub widget: ChatbotWidget,
    /// None = always open.
    pub hours: Option<BusinessHours>,
    /// Origins whose pages may carry the widget, `https://shop.example`; empty = the server's own only.
    pub allowed_origins: Vec<String>,
    /// Made.
    pub created_at: Timestamp,
    /// Last changed.
    pub updated_at: Timestamp,
}
