//! Who may do what, as data: one row an action, one column a caller. Every route and every socket command asks here.
//!
//! What a caller may not see is [`Verdict::NotFound`], known or unknown id alike; what it may see and not do is
//! [`Verdict::Forbidden`].

use crate::domain::command::{Command, Topic};
use crate::domain::messaging::Deed;
use crate::domain::user::Role;

/// An enum whose variants have names and can all be listed.
macro_rules! listed {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$item_meta:meta])* $item:ident = $text:literal, )* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( $(#[$item_meta])* $item, )* }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[ $( Self::$item, )* ];

            /// The name in the table.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$item => $text, )* }
            }
        }
    };
}

listed! {
    /// Who is asking.
    pub enum Caller {
        /// Nobody knows.
        Anonymous = "anonymous",
        /// A customer's token.
        Customer = "customer",
        /// An agent's token.
        Agent = "agent",
        /// An admin's token.
        Admin = "admin",
        /// The host application's server, by `X-Internal-Secret`.
        InternalSecret = "internal",
    }
}

impl From<Role> for Caller {
    fn from(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Agent => Self::Agent,
            Role::Admin => Self::Admin,
        }
    }
}

listed! {
    /// How the caller stands to what the action is about. Several may hold at once: see [`allows_any`].
    pub enum Relation {
        /// Its own: the customer's conversation, the agent's own record.
        Own = "own",
        /// A conversation that the caller owns as its agent.
        Assigned = "assigned",
        /// A conversation that is being offered to the caller; an offer to the caller, open or ended.
        Offered = "offered",
        /// A conversation in the queue that the caller may take.
        Waiting = "waiting",
        /// A conversation that the caller takes part in otherwise, and has not left.
        Participant = "participant",
        /// It exists, and none of these holds.
        Other = "other",
        /// It does not exist, or the action is about nothing that is there already.
        None = "none",
    }
}

listed! {
    /// The answer.
    pub enum Verdict {
        /// Go on.
        Allow = "allow",
        /// As if it did not exist.
        NotFound = "not_found",
        /// Visible, not allowed.
        Forbidden = "forbidden",
        /// Say first who you are.
        Unauthenticated = "unauthenticated",
    }
}

listed! {
    /// Everything that can be asked for, over sockets, REST and the library.
    pub enum Action {
        /// Logs in with e-mail and password.
        AuthLogin = "auth.login",
        /// Exchanges a refresh token.
        AuthRefresh = "auth.refresh",
        /// Ends one's login.
        AuthLogout = "auth.logout",
        /// Gets an anonymous customer's token.
        VisitorCreate = "visitor.create",
        /// Gets a newer token as an anonymous customer.
        VisitorRefresh = "visitor.refresh",
        /// Says who one is, with a token of the host application, and keeps one's conversations.
        VisitorIdentify = "visitor.identify",
        /// Mints a token for a user of the host application.
        TokenMint = "token.mint",
        /// Says who one is on a socket (`register_*`).
        SocketRegister = "socket.register",
        /// Brings a newer token on a socket.
        SocketRefreshToken = "socket.refresh_token",
        /// Asks whether the server is there.
        SocketPing = "socket.ping",
        /// Starts a conversation of one's own.
        ConversationStart = "conversation.start",
        /// Starts a conversation in a customer's name.
        ConversationStartFor = "conversation.start_for",
        /// Lists the conversations that one may see.
        ConversationList = "conversation.list",
        /// Reads a conversation's record.
        ConversationGet = "conversation.get",
        /// Watches a conversation.
        ConversationJoin = "conversation.join",
        /// Stops watching. Concerns the socket only, so it is never refused.
        ConversationLeave = "conversation.leave",
        /// Watches again after a reconnect; asked for each conversation.
        ConversationResume = "conversation.resume",
        /// Reads messages.
        MessageList = "message.list",
        /// Sends a message.
        MessageSend = "message.send",
        /// Reads internal notes.
        NoteList = "note.list",
        /// Writes an internal note.
        NoteSend = "note.send",
        /// Says that one is typing.
        Typing = "conversation.typing",
        /// Moves one's read mark.
        MarkRead = "conversation.mark_read",
        /// Asks for a human.
        Escalate = "conversation.escalate",
        /// Takes the wish for a human back.
        CancelEscalation = "conversation.cancel_escalation",
        /// Takes a waiting conversation.
        AssignToMe = "conversation.assign_to_me",
        /// Gives a conversation to anyone.
        Assign = "conversation.assign",
        /// Offers a conversation to a colleague or team.
        Transfer = "conversation.transfer",
        /// Lets a waiting conversation come sooner or later.
        SetPriority = "conversation.set_priority",
        /// Gives a conversation back to the assistant or the queue.
        Release = "conversation.release",
        /// Ends a conversation.
        Close = "conversation.close",
        /// Rates a conversation.
        Rate = "conversation.rate",
        /// Leaves an e-mail address because nobody is there.
        ContactLeave = "conversation.contact",
        /// Reads why a conversation was routed as it was.
        DecisionList = "conversation.decisions",
        /// Reads why any conversation was routed as it was.
        DecisionLog = "decision.list",
        /// Reads the whole conversation as a document.
        Transcript = "conversation.transcript",
        /// Reads a conversation's place in the queue.
        QueueStatus = "queue.status",
        /// Lists the queue.
        QueueList = "queue.list",
        /// Sees how good the forecasts of the waiting time were.
        QueueAccuracy = "queue.accuracy",
        /// Lists the offers to oneself.
        OfferList = "offer.list",
        /// Accepts an offer.
        OfferAccept = "offer.accept",
        /// Declines an offer.
        OfferDecline = "offer.decline",
        /// Lists agents.
        AgentList = "agent.list",
        /// Reads an agent's record.
        AgentGet = "agent.get",
        /// Chooses an agent's availability.
        AgentSetStatus = "agent.set_status",
        /// Reads what an agent is working on.
        AgentWorkload = "agent.workload",
        /// Adds an agent.
        AgentCreate = "agent.create",
        /// Changes an agent's capacity, skills, teams.
        AgentUpdate = "agent.update",
        /// Lists chatbots.
        ChatbotList = "chatbot.list",
        /// Reads a chatbot's settings.
        ChatbotGet = "chatbot.get",
        /// Makes or replaces a chatbot.
        ChatbotPut = "chatbot.put",
        /// Removes a chatbot.
        ChatbotDelete = "chatbot.delete",
        /// Reads what a chatbot's widget needs to know.
        ChatbotWidget = "chatbot.widget",
        /// Asks whether a chatbot's people are there.
        ChatbotAvailability = "chatbot.availability",
        /// Reads what the assistant has done and cost.
        AssistantUsage = "assistant.usage",
        /// Says something to a chatbot and waits for the answer.
        ChatbotChat = "chatbot.chat",
        /// Searches in what one may read.
        Search = "search",
        /// Lists the canned responses that one may use.
        CannedList = "canned_response.list",
        /// Makes a canned response of one's own.
        CannedCreate = "canned_response.create",
        /// Makes a canned response for all.
        CannedShare = "canned_response.share",
        /// Reads a canned response.
        CannedGet = "canned_response.get",
        /// Changes a canned response.
        CannedPut = "canned_response.put",
        /// Removes a canned response.
        CannedDelete = "canned_response.delete",
        /// Reads what is known of a customer, by way of one of the customer's conversations.
        CustomerGet = "customer.get",
        /// Tells which page one looks at.
        PageViewSend = "page_view.send",
        /// Reads which pages the customer looked at.
        PageViewList = "page_view.list",
        /// Reads the statistics.
        StatisticsGet = "statistics.get",
        /// Reads who is connected.
        ConnectionList = "connection.list",
        /// Reads which alerts stand.
        AlertList = "alert.list",
        /// Reads who changed what.
        AuditList = "audit.list",
        /// Announces something.
        Announce = "announcement.make",
        /// Carries an event of the host application to its people.
        EventPublish = "event.publish",
        /// Reads one's own notifications, and how many are unread.
        NotificationList = "notification.list",
        /// Marks one's own notifications read.
        NotificationRead = "notification.read",
        /// Lists webhooks, and reads one.
        WebhookList = "webhook.list",
        /// Makes a webhook, and gets its secret.
        WebhookCreate = "webhook.create",
        /// Changes a webhook.
        WebhookUpdate = "webhook.update",
        /// Gives a webhook another secret, and gets it.
        WebhookRotate = "webhook.rotate",
        /// Removes a webhook.
        WebhookDelete = "webhook.delete",
        /// Sends a webhook something to try it.
        WebhookTest = "webhook.test",
        /// Reads what was delivered to a webhook, and what was not.
        DeliveryList = "webhook_delivery.list",
        /// Makes a delivery again.
        DeliveryRedeliver = "webhook_delivery.redeliver",
        /// Gives an agent another password.
        AgentSetPassword = "agent.set_password",
        /// Lets an agent log in, or no longer.
        AgentSetActive = "agent.set_active",
        /// Watches topics; each topic is an action of its own besides.
        Subscribe = "topic.subscribe",
        /// Stops watching topics.
        Unsubscribe = "topic.unsubscribe",
        /// Watches the queue.
        TopicQueue = "topic.queue",
        /// Watches the agents.
        TopicAgents = "topic.agents",
        /// Watches the counters.
        TopicMetrics = "topic.metrics",
        /// Watches one's own notifications.
        TopicNotifications = "topic.notifications",
        /// Watches whether people can be reached, at one's own chatbot.
        TopicAvailability = "topic.availability",
        /// Begins in-app messages with others; who may be together is the domain's to say.
        MessagingCreate = "messaging.create",
        /// Lists one's own in-app messages, and counts them.
        MessagingList = "messaging.list",
        /// Renames, closes, puts away, silences.
        MessagingUpdate = "messaging.update",
        /// Brings people in and sends them away.
        MessagingPeople = "messaging.people",
        /// Gives one's message another text.
        MessageEdit = "message.edit",
        /// Takes a message back.
        MessageDelete = "message.delete",
        /// Puts an emoji to a message.
        MessageReact = "message.react",
        /// Blocks people, and sees whom one has blocked.
        BlockManage = "block.manage",
        /// Brings a file.
        AttachmentPut = "attachment.put",
        /// Gets a file by a signed address, which is what lets one in.
        AttachmentGet = "attachment.get",
        /// Asks for the logins of a fresh installation; who is not at this machine finds nothing.
        DemoGet = "demo.get",
        /// Ends the showing of those logins.
        DemoDismiss = "demo.dismiss",
        /// Asks whether the process lives.
        HealthLive = "health.live",
        /// Asks whether the process can work.
        HealthReady = "health.ready",
    }
}

impl Action {
    /// The action of a socket command. For [`Command::Subscribe`] the topics are actions too, see
    /// [`Action::of_topic`]; for [`Command::Resume`] each conversation is asked for. [`allows_command`] does the
    /// former.
    pub const fn of(command: &Command) -> Self {
        match command {
            Command::StartConversation(_) => Self::ConversationStart,
            Command::Join { .. } => Self::ConversationJoin,
            Command::Leave { .. } => Self::ConversationLeave,
            Command::Resume { .. } => Self::ConversationResume,
            Command::SendMessage(message) if message.internal => Self::NoteSend,
            Command::SendMessage(_) => Self::MessageSend,
            Command::Typing { .. } => Self::Typing,
            Command::MarkRead { .. } => Self::MarkRead,
            Command::Escalate(_) => Self::Escalate,
            Command::CancelEscalation { .. } => Self::CancelEscalation,
            Command::AcceptOffer { .. } => Self::OfferAccept,
            Command::DeclineOffer { .. } => Self::OfferDecline,
            Command::AssignToMe { .. } => Self::AssignToMe,
            Command::Assign { .. } => Self::Assign,
            Command::Transfer { .. } => Self::Transfer,
            Command::SetPriority { .. } => Self::SetPriority,
            Command::Release { .. } => Self::Release,
            Command::CloseConversation { .. } => Self::Close,
            Command::SetAgentStatus { .. } => Self::AgentSetStatus,
            Command::Rate { .. } => Self::Rate,
            Command::ViewPage { .. } => Self::PageViewSend,
            Command::Messaging(request) => match &request.deed {
                Deed::Post { .. } => Self::MessageSend,
                Deed::Update { .. } => Self::MessagingUpdate,
                Deed::People { .. } => Self::MessagingPeople,
                Deed::Edit { .. } => Self::MessageEdit,
                Deed::Delete { .. } => Self::MessageDelete,
                Deed::React { .. } => Self::MessageReact,
            },
            Command::Subscribe { .. } => Self::Subscribe,
            Command::Unsubscribe { .. } => Self::Unsubscribe,
        }
    }

    /// The action of watching a topic.
    pub const fn of_topic(topic: Topic) -> Self {
        match topic {
            Topic::Queue => Self::TopicQueue,
            Topic::Agents => Self::TopicAgents,
            Topic::Metrics => Self::TopicMetrics,
            Topic::Notifications => Self::TopicNotifications,
            Topic::Availability => Self::TopicAvailability,
        }
    }

    /// What the action is about.
    pub const fn target(self) -> Target {
        self.row().target
    }
}

/// What an action is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing that is there already: the relation does not matter.
    Nothing,
    /// A conversation.
    Conversation,
    /// An offer.
    Offer,
    /// An agent.
    Agent,
    /// A chatbot.
    Chatbot,
    /// A canned response: own, or (other) shared by all. Those of colleagues are as good as unknown.
    Canned,
}

/// A set of relations.
#[derive(Clone, Copy)]
struct Set(u8);

impl Set {
    const fn of(relation: Relation) -> Self {
        Self(match relation {
            Relation::Own => 1,
            Relation::Assigned => 2,
            Relation::Offered => 4,
            Relation::Waiting => 8,
            Relation::Participant => 16,
            Relation::Other => 32,
            Relation::None => 64,
        })
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, relation: Relation) -> bool {
        self.0 & Self::of(relation).0 != 0
    }
}

const NO: Set = Set(0);
const OWN: Set = Set::of(Relation::Own);
const ASSIGNED: Set = Set::of(Relation::Assigned);
const OFFERED: Set = Set::of(Relation::Offered);
const WAITING: Set = Set::of(Relation::Waiting);
const PARTICIPANT: Set = Set::of(Relation::Participant);
const OTHER: Set = Set::of(Relation::Other);
const UNKNOWN: Set = Set::of(Relation::None);
/// All that exists.
const ANY: Set = Set(63);
/// Also what does not exist yet.
const ALWAYS: Set = Set(127);
/// What a customer sees of conversations.
const MINE: Set = OWN.or(PARTICIPANT);
/// Where staff take part.
const WORKING: Set = ASSIGNED.or(PARTICIPANT);
/// What an agent sees of conversations.
const IN_REACH: Set = WORKING.or(OFFERED).or(WAITING);

/// One row: what it is about, and for each caller the relations that allow it.
struct Row {
    target: Target,
    anonymous: Set,
    customer: Set,
    agent: Set,
    admin: Set,
    internal: Set,
}

/// A row for callers who are known: customer, agent, admin, host application.
const fn row(target: Target, [customer, agent, admin, internal]: [Set; 4]) -> Row {
    Row { target, anonymous: NO, customer, agent, admin, internal }
}

/// A row for everybody.
const fn public(target: Target) -> Row {
    Row { target, anonymous: ALWAYS, customer: ALWAYS, agent: ALWAYS, admin: ALWAYS, internal: ALWAYS }
}

impl Action {
    const fn row(self) -> Row {
        use Target::{Agent, Canned, Chatbot, Conversation, Nothing, Offer};
        match self {
            Self::AuthLogin | Self::AuthRefresh | Self::VisitorCreate => public(Nothing),
            Self::SocketRegister | Self::SocketPing | Self::HealthLive | Self::HealthReady | Self::DemoGet => {
                public(Nothing)
            }
            Self::ChatbotAvailability | Self::ChatbotWidget => public(Chatbot),
            //                                                       customer     agent        admin     internal
            // A browser's login is known by its cookie, also when its token has ended.
            Self::AuthLogout => Row { internal: NO, ..public(Nothing) },
            Self::SocketRefreshToken => row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO]),
            Self::Subscribe | Self::Unsubscribe => row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO]),
            Self::TokenMint | Self::EventPublish => row(Nothing, [NO, NO, NO, ALWAYS]),
            Self::NotificationList | Self::NotificationRead => row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO]),

            Self::ConversationStart | Self::VisitorRefresh | Self::VisitorIdentify => {
                row(Nothing, [ALWAYS, NO, NO, NO])
            }
            Self::ConversationStartFor => row(Nothing, [NO, ALWAYS, ALWAYS, ALWAYS]),
            Self::ConversationList => row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO]),
            Self::ConversationLeave => row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO]),
            Self::ConversationGet
            | Self::ConversationJoin
            | Self::ConversationResume
            | Self::MessageList
            | Self::Transcript => row(Conversation, [MINE, IN_REACH, ANY, NO]),
            Self::NoteList => row(Conversation, [NO, IN_REACH, ANY, NO]),
            Self::MessageSend | Self::Typing | Self::MarkRead => row(Conversation, [MINE, WORKING, WORKING, NO]),
            Self::NoteSend => row(Conversation, [NO, WORKING, WORKING, NO]),
            Self::Escalate => row(Conversation, [OWN, IN_REACH, ANY, ANY]),
            Self::CancelEscalation | Self::Rate | Self::ContactLeave => row(Conversation, [OWN, NO, NO, NO]),
            Self::AssignToMe => row(Conversation, [NO, WAITING.or(OFFERED).or(ASSIGNED), ANY, NO]),
            Self::Assign => row(Conversation, [NO, NO, ANY, NO]),
            Self::Transfer | Self::Release => row(Conversation, [NO, ASSIGNED, ANY, NO]),
            Self::SetPriority => row(Conversation, [NO, IN_REACH, ANY, NO]),
            Self::Close => row(Conversation, [OWN, ASSIGNED, ANY, NO]),
            Self::DecisionList => row(Conversation, [NO, WORKING, ANY, NO]),
            Self::QueueStatus => row(Conversation, [OWN, IN_REACH, ANY, ANY]),

            Self::QueueList | Self::OfferList | Self::AgentList => row(Nothing, [NO, ALWAYS, ALWAYS, NO]),
            Self::OfferAccept | Self::OfferDecline => row(Offer, [NO, OFFERED, OFFERED, NO]),
            Self::AgentGet => row(Agent, [NO, ANY, ANY, NO]),
            Self::AgentSetStatus | Self::AgentWorkload => row(Agent, [NO, OWN, ANY, NO]),
            Self::AgentUpdate | Self::AgentSetPassword | Self::AgentSetActive => row(Agent, [NO, NO, ANY, NO]),
            Self::AgentCreate => row(Nothing, [NO, NO, ALWAYS, NO]),

            Self::AssistantUsage | Self::QueueAccuracy | Self::DemoDismiss => row(Nothing, [NO, NO, ALWAYS, NO]),
            Self::ChatbotList => row(Nothing, [NO, ALWAYS, ALWAYS, NO]),
            Self::ChatbotGet => row(Chatbot, [NO, OTHER, OTHER, NO]),
            Self::ChatbotChat => row(Chatbot, [OTHER, NO, NO, NO]),
            Self::ChatbotPut => row(Chatbot, [NO, NO, OTHER.or(UNKNOWN), NO]),
            Self::ChatbotDelete => row(Chatbot, [NO, NO, OTHER, NO]),

            Self::Search => row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO]),
            Self::CannedList | Self::CannedCreate => row(Nothing, [NO, ALWAYS, ALWAYS, NO]),
            Self::CannedShare => row(Nothing, [NO, NO, ALWAYS, NO]),
            Self::CannedGet => row(Canned, [NO, OWN.or(OTHER), OWN.or(OTHER), NO]),
            Self::CannedPut | Self::CannedDelete => row(Canned, [NO, OWN, OWN.or(OTHER), NO]),
            Self::CustomerGet | Self::PageViewList => row(Conversation, [NO, IN_REACH, ANY, NO]),
            Self::PageViewSend => row(Conversation, [OWN, NO, NO, NO]),
            Self::MessagingCreate | Self::MessagingList | Self::BlockManage | Self::AttachmentPut => {
                row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO])
            }
            Self::AttachmentGet => public(Nothing),
            Self::MessagingUpdate => row(Conversation, [MINE, WORKING, ANY, NO]),
            Self::MessagingPeople => row(Conversation, [MINE, WORKING.or(WAITING), ANY, NO]),
            Self::MessageEdit | Self::MessageReact => row(Conversation, [MINE, WORKING, WORKING, NO]),
            Self::MessageDelete => row(Conversation, [MINE, WORKING, ANY, NO]),
            Self::StatisticsGet
            | Self::ConnectionList
            | Self::AlertList
            | Self::AuditList
            | Self::DecisionLog
            | Self::Announce => row(Nothing, [NO, NO, ALWAYS, NO]),
            Self::WebhookList
            | Self::WebhookCreate
            | Self::WebhookUpdate
            | Self::WebhookRotate
            | Self::WebhookDelete
            | Self::WebhookTest
            | Self::DeliveryList
            | Self::DeliveryRedeliver => row(Nothing, [NO, NO, ALWAYS, NO]),

            Self::TopicQueue | Self::TopicAgents => row(Nothing, [NO, ALWAYS, ALWAYS, NO]),
            Self::TopicMetrics => row(Nothing, [NO, NO, ALWAYS, NO]),
            Self::TopicNotifications | Self::TopicAvailability => row(Nothing, [ALWAYS, ALWAYS, ALWAYS, NO]),
        }
    }
}

/// Whether `caller` may do `action` on something it stands in `relation` to.
pub const fn allows(caller: Caller, action: Action, relation: Relation) -> Verdict {
    let row = action.row();
    let granted = match caller {
        Caller::Anonymous => row.anonymous,
        Caller::Customer => row.customer,
        Caller::Agent => row.agent,
        Caller::Admin => row.admin,
        Caller::InternalSecret => row.internal,
    };
    // Without a target there is nothing that the relation could be to.
    let relation = if matches!(row.target, Target::Nothing) { Relation::None } else { relation };
    if granted.has(relation) {
        return Verdict::Allow;
    }
    if matches!(action, Action::TokenMint | Action::EventPublish) {
        // The same with a wrong secret as with none configured: such a call does not exist.
        return Verdict::NotFound;
    }
    if matches!(caller, Caller::Anonymous) {
        return Verdict::Unauthenticated;
    }
    if matches!(row.target, Target::Nothing) || visible(caller, row.target).has(relation) {
        return Verdict::Forbidden;
    }
    Verdict::NotFound
}

/// The same when several relations hold at once (an admin who takes part in a conversation that waits): the kindest
/// answer counts. No relation at all is [`Relation::None`].
pub fn allows_any(caller: Caller, action: Action, relations: &[Relation]) -> Verdict {
    let kindness = |verdict: &Verdict| match verdict {
        Verdict::Allow => 0,
        Verdict::Forbidden => 1,
        Verdict::NotFound | Verdict::Unauthenticated => 2,
    };
    let answers = relations.iter().map(|relation| allows(caller, action, *relation));
    answers.min_by_key(kindness).unwrap_or_else(|| allows(caller, action, Relation::None))
}

/// What of this kind a caller may know to exist.
const fn visible(caller: Caller, target: Target) -> Set {
    match (target, caller) {
        (Target::Nothing, _) | (_, Caller::Anonymous) => NO,
        (Target::Conversation, Caller::Customer) => MINE,
        (Target::Conversation, Caller::Agent) => IN_REACH,
        (Target::Offer, Caller::Agent) => OFFERED,
        // Everybody knows about themselves, also who is no agent.
        (Target::Agent, Caller::Customer) => OWN,
        (Target::Offer | Target::Chatbot | Target::Canned, Caller::Customer) => NO,
        (Target::Canned, Caller::Agent) => OWN.or(OTHER),
        (Target::Agent | Target::Chatbot, Caller::Agent) => ANY,
        (_, Caller::Admin | Caller::InternalSecret) => ANY,
    }
}

/// Whether `caller` may give `command` about something it stands in `relation` to, its topics included. The first
/// refusal counts.
pub fn allows_command(caller: Caller, command: &Command, relation: Relation) -> Verdict {
    let topics = match command {
        Command::Subscribe { topics } => topics.as_slice(),
        _ => &[],
    };
    std::iter::once(Action::of(command))
        .chain(topics.iter().map(|topic| Action::of_topic(*topic)))
        .map(|action| allows(caller, action, relation))
        .find(|verdict| *verdict != Verdict::Allow)
        .unwrap_or(Verdict::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ConversationId;

    #[test]
    fn names_are_unique_and_every_enum_is_whole() {
        let names: std::collections::BTreeSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        assert_eq!((Caller::ALL.len(), Relation::ALL.len(), Verdict::ALL.len()), (5, 7, 4));
    }

    #[test]
    fn an_unknown_id_and_one_of_other_people_look_the_same() {
        for action in Action::ALL.iter().filter(|action| action.target() == Target::Conversation) {
            for caller in [Caller::Customer, Caller::Agent] {
                assert_eq!(
                    (allows(caller, *action, Relation::Other), allows(caller, *action, Relation::None)),
                    (Verdict::NotFound, Verdict::NotFound),
                    "{caller:?} {action:?}"
                );
            }
        }
    }

    #[test]
    fn of_several_relations_the_kindest_counts() {
        let both = [Relation::Waiting, Relation::Participant];
        assert_eq!(allows_any(Caller::Agent, Action::MessageSend, &both), Verdict::Allow);
        assert_eq!(allows_any(Caller::Agent, Action::AssignToMe, &both), Verdict::Allow);
        assert_eq!(allows_any(Caller::Agent, Action::Assign, &both), Verdict::Forbidden);
        assert_eq!(allows_any(Caller::Agent, Action::MessageSend, &[]), Verdict::NotFound);
    }

    #[test]
    fn a_command_is_judged_with_all_its_topics() {
        let both = Command::Subscribe { topics: vec![Topic::Queue, Topic::Metrics] };
        assert_eq!(allows_command(Caller::Agent, &both, Relation::None), Verdict::Forbidden);
        assert_eq!(allows_command(Caller::Admin, &both, Relation::None), Verdict::Allow);
        let leave = Command::Leave { conversation_id: ConversationId::from("c") };
        assert_eq!(allows_command(Caller::Customer, &leave, Relation::Other), Verdict::Allow);
    }
}
