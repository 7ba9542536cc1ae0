//! Logins, visitors, minted tokens.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::actors::failure::Failure;
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
use super::cookies::{Jar, NOT_OUR_PAGE, Seed};
use super::who::{Shared, Who};

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
    #[serde(default)]
    cookie: bool,
    session: Option<String>,
}

/// Of a refresh and of a logout. Without a token the cookie counts.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    refresh_token: Option<String>,
    session: Option<String>,
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

pub(super) fn address(req: &HttpRequest) -> String {
    req.peer_addr().map_or_else(String::new, |address| address.ip().to_string())
}

pub(super) fn tokens(tokens: &Tokens) -> impl FnOnce(&mut crate::protocol::json::Object<'_>) {
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
    let jar = match login.cookie {
        true => Some(Jar::named(login.session.as_deref()).map_err(|rejection| who.refused(rejection))?),
        false => None,
    };
    if jar.is_some() && !origin::is_from_our_page(&req, &who.node) {
        return Err(who.refused(WireError::new(ErrorCode::Forbidden, NOT_OUR_PAGE)));
    }
    let found = who.node.log_in(&login.email, login.password).await.map_err(|failure| who.refused(failure))?;
    match jar {
        Some(jar) => Ok(jar.answer(&req, &who, found, &Seed::random())),
        None => Ok(ok(tokens(&found))),
    }
}

pub(super) async fn refresh(req: HttpRequest, who: Who, body: web::Bytes) -> Result<HttpResponse, ApiError> {
    who.may(Action::AuthRefresh)?;
    let refresh = read(&who, &body)?;
    if let Some(token) = refresh.refresh_token {
        let found = who.node.refresh(&token).await.map_err(|failure| who.refused(failure))?;
        return Ok(ok(tokens(&found)));
    }
    let jar = Jar::named(refresh.session.as_deref()).map_err(|rejection| who.refused(rejection))?;
    let held = jar.held(&req, &who)?.ok_or_else(|| who.refused(Failure::Unauthenticated))?;
    let found = who.node.refresh_shared(&held.token).await.map_err(|failure| who.refused(failure))?;
    Ok(jar.answer(&req, &who, found, &held.seed))
}

pub(super) async fn logout(req: HttpRequest, who: Who, body: web::Bytes) -> Result<HttpResponse, ApiError> {
    who.may(Action::AuthLogout)?;
    let asked = read(&who, &body)?;
    let jar = Jar::named(asked.session.as_deref()).map_err(|rejection| who.refused(rejection))?;
    // Who brings a token means that login; the cookie may be another's.
    if let Ok(principal) = who.known() {
        // A token without a login (minted, visitor) has nothing to end but itself.
        if let Some(login_id) = principal.login_id.clone() {
            who.node.end_login(login_id).await.map_err(|failure| who.refused(failure))?;
        }
        let mut response = HttpResponse::NoContent();
        if jar.held(&req, &who).is_ok_and(|held| held.is_some()) {
            jar.clear(&req, &who, &mut response);
        }
        return Ok(response.finish());
    }
    let held = jar.held(&req, &who)?.ok_or_else(|| who.refused(Failure::Unauthenticated))?;
    who.node.end_login_of(&held.token).await.map_err(|failure| who.refused(failure))?;
    let mut response = HttpResponse::NoContent();
    jar.clear(&req, &who, &mut response);
    Ok(response.finish())
}

/// A refresh and a logout may come without a body.
fn read(who: &Who, body: &web::Bytes) -> Result<Refresh, ApiError> {
    if body.is_empty() {
        return Ok(Refresh::default());
    }
    read_body(body, depth(who)).map_err(|error| who.refused(error))
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
