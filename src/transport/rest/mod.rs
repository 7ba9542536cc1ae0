//! REST. One table of routes with the action each one is; a seed's route and its `/api/v1` sibling share a handler.

mod agent_logins;
mod agents;
mod alerts;
mod announcements;
pub mod answer;
mod assistant;
mod audit;
mod auth;
mod canned;
mod chat;
mod chatbots;
mod connections;
mod contact;
mod conversations;
mod cookies;
mod cursor;
mod customers;
mod decisions;
mod demo;
mod health;
mod host_events;
mod lists;
mod messages;
mod notifications;
pub mod once;
mod params;
mod queue;
mod search;
mod statistics;
mod transcript;
mod visitors;
mod webhooks;
pub mod who;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use crate::auth::policy::Action;
use crate::protocol::error::{ErrorCode, WireError};

use super::pages::Pages;
use super::{edge, socket_io, sockets};
use answer::ApiError;

/// One route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `get`, `post`, `put`, `patch`, `delete`.
    pub method: &'static str,
    /// With `{id}` where an id stands, and `{deliveryId}` where a second one does.
    pub path: &'static str,
    /// What it is in the table of who may do what.
    pub action: Action,
}

macro_rules! routes {
    ($($method:ident $path:literal $handler:path, $action:ident;)+) => {
        /// Every route, for tests and documentation.
        pub const ROUTES: &[Route] = &[
            $(Route { method: stringify!($method), path: $path, action: Action::$action },)+
        ];

        fn mount(config: &mut web::ServiceConfig) {
            $({
                let pass = |req: ServiceRequest, next: Next<BoxBody>| {
                    edge::pass_with(once::takes_key(stringify!($method), Action::$action), req, next)
                };
                config.route($path, web::$method().to($handler).wrap(from_fn(pass)));
            })+
        }
    };
}

routes! {
    post   "/api/v1/auth/login"                         auth::login, AuthLogin;
    post   "/api/v1/auth/refresh"                       auth::refresh, AuthRefresh;
    post   "/api/v1/auth/logout"                        auth::logout, AuthLogout;
    post   "/api/v1/visitors"                           auth::visitor, VisitorCreate;
    post   "/api/v1/visitors/refresh"                   visitors::refresh, VisitorRefresh;
    post   "/api/v1/visitors/identify"                  visitors::identify, VisitorIdentify;
    post   "/api/v1/tokens"                             auth::mint, TokenMint;

    // Seed 001, and the same under our own prefix.
    post   "/conversations/escalate"                    conversations::escalate_any, Escalate;
    post   "/api/v1/conversations/escalate"             conversations::escalate_any, Escalate;
    get    "/conversations/queue-status/{id}"           conversations::queue_status, QueueStatus;
    get    "/api/v1/conversations/{id}/queue-status"    conversations::queue_status, QueueStatus;
    // Seed 000, and the same under our own prefix.
    post   "/api/chats/{id}/assign"                     conversations::assign, AssignToMe;
    post   "/api/v1/conversations/{id}/assign"          conversations::assign, AssignToMe;

    get    "/api/v1/conversations"                      lists::list, ConversationList;
    post   "/api/v1/conversations"                      conversations::start, ConversationStart;
    get    "/api/v1/conversations/{id}"                 conversations::get, ConversationGet;
    get    "/api/v1/conversations/{id}/messages"        conversations::messages, MessageList;
    post   "/api/v1/conversations/{id}/messages"        conversations::send, MessageSend;
    get    "/api/v1/conversations/{id}/notes"           conversations::notes, NoteList;
    post   "/api/v1/conversations/{id}/notes"           conversations::send_note, NoteSend;
    post   "/api/v1/conversations/{id}/read"            conversations::read, MarkRead;
    post   "/api/v1/conversations/{id}/escalate"        conversations::escalate, Escalate;
    post   "/api/v1/conversations/{id}/cancel"          conversations::cancel, CancelEscalation;
    post   "/api/v1/conversations/{id}/transfer"        conversations::transfer, Transfer;
    post   "/api/v1/conversations/{id}/priority"        conversations::set_priority, SetPriority;
    post   "/api/v1/conversations/{id}/release"         conversations::release, Release;
    post   "/api/v1/conversations/{id}/close"           conversations::close, Close;
    post   "/api/v1/conversations/{id}/rating"          conversations::rate, Rate;
    get    "/api/v1/conversations/{id}/page-views"      customers::page_views, PageViewList;
    get    "/api/v1/customers/{id}"                     customers::get, CustomerGet;
    get    "/api/v1/search"                             search::search, Search;
    post   "/api/v1/announcements"                      announcements::make, Announce;
    post   "/api/v1/conversations/{id}/contact"         contact::leave, ContactLeave;
    get    "/api/v1/conversations/{id}/transcript"      transcript::transcript, Transcript;
    get    "/api/v1/conversations/{id}/decisions"       conversations::decisions, DecisionList;

    // Seed 002's chat service, whose paper names the calls and leaves their paths open.
    post   "/api/chat/sessions"                         conversations::start, ConversationStart;
    get    "/api/chat/sessions"                         lists::list, ConversationList;
    get    "/api/chat/sessions/{id}"                    conversations::get, ConversationGet;
    get    "/api/chat/sessions/{id}/messages"           conversations::messages, MessageList;
    post   "/api/chat/sessions/{id}/messages"           conversations::send, MessageSend;
    post   "/api/chat/sessions/{id}/read"               conversations::read, MarkRead;
    post   "/api/chat/sessions/{id}/close"              conversations::close, Close;
    get    "/api/chat/statistics"                       statistics::get, StatisticsGet;

    get    "/api/v1/canned-responses"                   canned::list, CannedList;
    post   "/api/v1/canned-responses"                   canned::create, CannedCreate;
    get    "/api/v1/canned-responses/{id}"              canned::get, CannedGet;
    put    "/api/v1/canned-responses/{id}"              canned::put, CannedPut;
    delete "/api/v1/canned-responses/{id}"              canned::delete, CannedDelete;

    get    "/api/v1/queue"                              queue::list, QueueList;
    get    "/api/v1/queue/accuracy"                     queue::forecasts, QueueAccuracy;
    get    "/api/v1/offers"                             queue::offers, OfferList;
    post   "/api/v1/offers/{id}/accept"                 queue::accept, OfferAccept;
    post   "/api/v1/offers/{id}/decline"                queue::decline, OfferDecline;

    get    "/api/v1/statistics"                         statistics::get, StatisticsGet;
    // Seed 002's names.
    get    "/api/admin/statistics/sessions"             statistics::get, StatisticsGet;
    get    "/api/admin/statistics/staff"                statistics::staff, StatisticsGet;
    post   "/api/v1/events"                             host_events::publish, EventPublish;
    get    "/api/v1/notifications"                      notifications::list, NotificationList;
    get    "/api/v1/notifications/count"                notifications::count, NotificationList;
    post   "/api/v1/notifications/read"                 notifications::read, NotificationRead;
    get    "/api/v1/connections"                        connections::list, ConnectionList;
    get    "/api/v1/alerts"                             alerts::list, AlertList;
    get    "/api/v1/audit"                              audit::list, AuditList;
    get    "/api/v1/decisions"                          decisions::list, DecisionLog;

    get    "/api/v1/webhooks"                           webhooks::list, WebhookList;
    post   "/api/v1/webhooks"                           webhooks::create, WebhookCreate;
    get    "/api/v1/webhooks/{id}"                      webhooks::get, WebhookList;
    patch  "/api/v1/webhooks/{id}"                      webhooks::update, WebhookUpdate;
    delete "/api/v1/webhooks/{id}"                      webhooks::delete, WebhookDelete;
    post   "/api/v1/webhooks/{id}/secret"               webhooks::rotate, WebhookRotate;
    post   "/api/v1/webhooks/{id}/test"                 webhooks::test, WebhookTest;
    get    "/api/v1/webhooks/{id}/deliveries"           webhooks::deliveries, DeliveryList;
    get    "/api/v1/webhooks/{id}/deliveries/{deliveryId}" webhooks::delivery, DeliveryList;
    post   "/api/v1/webhooks/{id}/deliveries/{deliveryId}/redeliver" webhooks::redeliver, DeliveryRedeliver;

    get    "/api/v1/agents"                             agents::list, AgentList;
    post   "/api/v1/agents"                             agents::create, AgentCreate;
    get    "/api/v1/agents/{id}"                        agents::get, AgentGet;
    patch  "/api/v1/agents/{id}"                        agents::update, AgentUpdate;
    put    "/api/v1/agents/{id}/status"                 agents::set_status, AgentSetStatus;
    get    "/api/v1/agents/{id}/workload"               agents::workload, AgentWorkload;

    post   "/api/v1/agents/{id}/password"               agent_logins::set_password, AgentSetPassword;
    post   "/api/v1/agents/{id}/deactivate"             agent_logins::deactivate, AgentSetActive;
    post   "/api/v1/agents/{id}/activate"               agent_logins::activate, AgentSetActive;
    // Seed 002's names.
    get    "/api/admin/staff"                           agents::list, AgentList;
    get    "/api/admin/staff/{id}/workload"             agents::workload, AgentWorkload;
    put    "/api/admin/staff/{id}/availability"         agents::set_status, AgentSetStatus;

    get    "/api/v1/chatbots"                           chatbots::list, ChatbotList;
    get    "/api/v1/chatbots/{id}"                      chatbots::get, ChatbotGet;
    put    "/api/v1/chatbots/{id}"                      chatbots::put, ChatbotPut;
    delete "/api/v1/chatbots/{id}"                      chatbots::delete, ChatbotDelete;
    get    "/api/v1/chatbots/{id}/widget"               chatbots::widget, ChatbotWidget;
    get    "/api/v1/chatbots/{id}/availability"         chatbots::availability, ChatbotAvailability;
    get    "/api/v1/assistant/usage"                    assistant::usage, AssistantUsage;
    // Seed 000, and the same under our own prefix.
    post   "/api/chatbots/{id}/chat"                    chat::chat, ChatbotChat;
    post   "/api/v1/chatbots/{id}/chat"                 chat::chat, ChatbotChat;
    post   "/api/embed/chatbots/{id}/chat"              chat::embed, ChatbotChat;
    post   "/api/v1/embed/chatbots/{id}/chat"           chat::embed, ChatbotChat;

    // Seed 003.
    post   "/api/v1/messages/conversations"             messages::conversations::create, MessagingCreate;
    get    "/api/v1/messages/conversations"             messages::conversations::list, MessagingList;
    get    "/api/v1/messages/conversations/{id}"        messages::conversations::get, ConversationGet;
    patch  "/api/v1/messages/conversations/{id}"        messages::conversations::update, MessagingUpdate;
    post   "/api/v1/messages/messages"                  messages::posts::send, MessageSend;
    get    "/api/v1/messages/conversations/{id}/messages" messages::posts::page, MessageList;
    patch  "/api/v1/messages/conversations/{id}/read"   messages::conversations::read, MarkRead;
    get    "/api/v1/messages/stats"                     messages::conversations::stats, MessagingList;
    // Ours beside it.
    patch  "/api/v1/messages/conversations/{id}/participants" messages::conversations::people, MessagingPeople;
    patch  "/api/v1/messages/messages/{id}"             messages::posts::edit, MessageEdit;
    delete "/api/v1/messages/messages/{id}"             messages::posts::delete, MessageDelete;
    put    "/api/v1/messages/messages/{id}/reactions"   messages::posts::react, MessageReact;
    delete "/api/v1/messages/messages/{id}/reactions"   messages::posts::unreact, MessageReact;
    post   "/api/v1/messages/messages/{id}/forward"     messages::posts::forward, MessageSend;
    post   "/api/v1/messages/attachments"               messages::attachments::put, AttachmentPut;
    get    "/api/v1/messages/attachments/{id}"          messages::attachments::get, AttachmentGet;
    get    "/api/v1/messages/search"                    messages::search::search, Search;
    get    "/api/v1/messages/blocks"                    messages::blocks::all, BlockManage;
    put    "/api/v1/messages/blocks/{id}"               messages::blocks::put, BlockManage;
    delete "/api/v1/messages/blocks/{id}"               messages::blocks::delete, BlockManage;

    get    "/api/v1/demo"                               demo::show, DemoGet;
    post   "/api/v1/demo/dismiss"                       demo::dismiss, DemoDismiss;

    get    "/health/live"                               health::live, HealthLive;
    get    "/health/ready"                              health::ready, HealthReady;
}

/// Mounts sockets, REST, and the pages if there shall be any.
pub fn configure(config: &mut web::ServiceConfig, pages: Option<&Pages>) {
    config
        .route("/ws", web::get().to(sockets::camel))
        .route("/api/v1/ws", web::get().to(sockets::snake))
        .service(web::resource(["/socket.io/", "/socket.io"]).wrap(from_fn(edge::pass)).to(socket_io::route))
        .route("/", web::get().guard(actix_web::guard::Header("upgrade", "websocket")).to(sockets::camel));
    mount(config);
    if let Some(pages) = pages {
        pages.configure(config);
    }
    config.default_service(web::to(unknown));
}

/// An error, never an empty body: 405 when another method would do.
async fn unknown(req: HttpRequest) -> HttpResponse {
    if let Some(answer) = edge::preflight(&req) {
        return answer;
    }
    let known = ROUTES.iter().any(|route| fits(route.path, req.path()));
    let error = if known && req.method() != Method::OPTIONS {
        WireError::new(ErrorCode::MethodNotAllowed, "this path does not take this method")
    } else {
        WireError::new(ErrorCode::NotFound, "not found")
    };
    let error = match who::request_id(&req) {
        Some(id) => ApiError::of(error, id.as_str()),
        None => ApiError::from(error),
    };
    error.error_response()
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("{id}" | "{deliveryId}"), Some(part)) if !part.is_empty() => {}
            (Some(part), Some(other)) if part == other => {}
            _ => return false,
        }
    }
}
