//! Whose pages may talk to us: the server's own origin, `[cors]`, and what the chatbots allow.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::actors::node::Node;

/// Whether a browser's page may open a socket or get a visitor token. Requests without `Origin` come from no page.
pub fn allowed(req: &HttpRequest, node: &Node) -> bool {
    let Some(origin) = req.headers().get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    is_own(req, node, origin) || may_read(node, origin)
}

/// The same for one chatbot: its own list, or the server's own origin when that is empty.
pub fn allowed_for(req: &HttpRequest, node: &Node, allowed_origins: &[String]) -> bool {
    let Some(origin) = req.headers().get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    is_own(req, node, origin) || has(allowed_origins, origin)
}

/// Whether a browser says that a page of ours sent this. What says nothing at all is no browser of these days.
pub fn is_from_our_page(req: &HttpRequest, node: &Node) -> bool {
    let header = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap_or(""));
    let (site, origin) = (header("sec-fetch-site"), header("origin"));
    (site.is_some() || origin.is_some())
        && site.is_none_or(|site| site == "same-origin")
        && origin.is_none_or(|origin| is_own(req, node, origin))
}

/// Whether a page of another origin may read what REST answers: `[cors]`, or the list of a chatbot.
pub fn may_read(node: &Node, origin: &str) -> bool {
    listed(node, origin) || node.chatbots().iter().any(|bot| has(&bot.allowed_origins, origin))
}

/// Whether `[cors]` lists an origin.
pub fn listed(node: &Node, origin: &str) -> bool {
    let origins = &node.config().cors.origins;
    origins.iter().any(|known| known == "*") || has(origins, origin)
}

fn has(list: &[String], origin: &str) -> bool {
    list.iter().any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

fn is_own(req: &HttpRequest, node: &Node, origin: &str) -> bool {
    if let Some(public) = &node.config().server.public_origin {
        return public.trim_end_matches('/').eq_ignore_ascii_case(origin);
    }
    let host = req.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host)))
}
