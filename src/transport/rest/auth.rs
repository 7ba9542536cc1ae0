//! Logins, visitors, minted tokens.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::actors::node::people::Tokens;
use crate::auth::policy::Action;
use crate::domain::chatbot::DEFAULT_CHATBOT;
use crate::domain::ids::{ChatbotId, UserId};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::Millis;
use crate::domain::user::{Role, User};
use crate::protocol::dialect::{read_body, shapes};
use crate::protocol::error::{ErrorCode, WireError};

use super::super::origin;
use super::answer::{ApiError, created, ok};
use super::who::{Shared, Who};

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    refresh_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Visitor {
    chatbot_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mint {
    user_id: String,
    role: String,
    name: Option<String>,
    email: Option<String>,
    chatbot_id: Option<String>,
    ttl_seconds: Option<i64>,
}

fn depth(who: &Who) -> usize {
    who.node.limits().json_depth
}

fn address(req: &HttpRequest) -> String {
    req.peer_addr().map_or_else(String::new, |address| address.ip().to_string())
}

fn tokens(tokens: &Tokens) -> impl FnOnce(&mut crate::protocol::json::Object<'_>) {
    |o| {
        o.text("token", &tokens.token);
        o.text_if("refreshToken", tokens.refresh_token.as_deref());
        o.time("expiresAt", tokens.expires_at);
        o.object("user", |o| shapes::user(o, &tokens.user));
    }
}

pub(super) async fn login(
    req: HttpRequest,
    who: Who,
    shared: web::Data<Shared>,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    who.may(Action::AuthLogin)?;
    let login: Login = read_body(&body, depth(&who)).map_err(|error| who.refused(error))?;
    let per_minute = who.node.limits().logins_per_minute;
    shared.attempt(&who.node, format!("login {}", address(&req)), per_minute).map_err(|r| who.refused(r))?;
    shared
        .attempt(&who.node, format!("login {}", login.email.to_lowercase()), per_minute)
        .map_err(|r| who.refused(r))?;
    let found = who.node.log_in(&login.email, login.password).await.map_err(|failure| who.refused(failure))?;
    Ok(ok(tokens(&found)))
}

pub(super) async fn refresh(who: Who, body: web::Bytes) -> Result<HttpResponse, ApiError> {
    who.may(Action::AuthRefresh)?;
    let refresh: Refresh = read_body(&body, depth(&who)).map_err(|error| who.refused(error))?;
    let found = who.node.refresh(&refresh.refresh_token).await.map_err(|failure| who.refused(failure))?;
    Ok(ok(tokens(&found)))
}

pub(super) async fn logout(who: Who) -> Result<HttpResponse, ApiError> {
    who.may(Action::AuthLogout)?;
    // A token without a login (minted, visitor) has nothing to end but itself.
    if let Some(login_id) = who.known()?.login_id.clone() {
        who.node.end_login(login_id).await.map_err(|failure| who.refused(failure))?;
    }
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn visitor(
    req: HttpRequest,
    who: Who,
    shared: web::Data<Shared>,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    who.may(Action::VisitorCreate)?;
    let visitor: Visitor = read_body(&body, depth(&who)).map_err(|error| who.refused(error))?;
    let chatbot_id = ChatbotId::from(visitor.chatbot_id.unwrap_or_else(|| DEFAULT_CHATBOT.to_owned()));
    let origins = who.node.chatbot(&chatbot_id).map(|bot| bot.allowed_origins).unwrap_or_default();
    if !origin::allowed_for(&req, &who.node, &origins) {
        return Err(who.refused(WireError::new(ErrorCode::Forbidden, "this origin may not have visitors")));
    }
    let per_minute = who.node.limits().visitors_per_minute;
    shared.attempt(&who.node, format!("visitor {}", address(&req)), per_minute).map_err(|r| who.refused(r))?;
    let email = visitor.email.map(|email| checked_email("email", email)).transpose().map_err(|r| who.refused(r))?;
    let made = who.node.new_visitor(&chatbot_id, visitor.name.as_deref(), email).await;
    let made = made.map_err(|failure| who.refused(failure))?;
    Ok(created(tokens(&made)))
}

pub(super) async fn mint(who: Who, body: web::Bytes) -> Result<HttpResponse, ApiError> {
    who.may(Action::TokenMint)?;
    let mint: Mint = read_body(&body, depth(&who)).map_err(|error| who.refused(error))?;
    let (user, chatbot_id, lives) = checked(&who, mint).map_err(|rejection| who.refused(rejection))?;
    let made = who.node.mint(user, chatbot_id, lives).await.map_err(|failure| who.refused(failure))?;
    Ok(created(tokens(&made)))
}

fn checked(who: &Who, mint: Mint) -> Result<(User, Option<ChatbotId>, Option<Millis>), Rejection> {
    let role = Role::parse(&mint.role).ok_or_else(|| invalid("role", "must be customer, agent or admin"))?;
    text::client_id("userId", &mint.user_id)?;
    let name = match &mint.name {
        Some(name) => text::name("name", name)?,
        None => mint.user_id.clone(),
    };
    let email = mint.email.map(|email| checked_email("email", email)).transpose()?;
    let lives = match mint.ttl_seconds {
        None => None,
        Some(seconds) if (1..=31_536_000).contains(&seconds) => Some(Millis::from_secs(seconds)),
        Some(_) => return Err(invalid("ttlSeconds", "must be 1 to 31536000")),
    };
    let id = UserId::from(mint.user_id);
    let user = User { id, role, name, email, created_at: who.node.now(), disabled: false };
    Ok((user, mint.chatbot_id.map(ChatbotId::from), lives))
}

fn invalid(field: &str, message: &str) -> Rejection {
    Rejection::Invalid { field: field.to_owned(), message: message.to_owned() }
}

/// Something, an at sign, something; at most 254 characters (RFC 5321).
pub(super) fn checked_email(field: &str, email: String) -> Result<String, Rejection> {
    let parts = email.split_once('@');
    let fits = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if fits && email.len() <= 254 && email.chars().all(|c| c.is_ascii_graphic() || !c.is_ascii()) {
        Ok(email)
    } else {
        Err(invalid(field, "is no e-mail address"))
    }
}
