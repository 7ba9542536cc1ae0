//! The logins of a fresh installation, for the page that shows a newcomer around: to somebody at this very machine.

use std::net::IpAddr;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::actors::failure::Failure;
use crate::auth::demo::{DemoLogin, DemoLogins};
use crate::auth::policy::Action;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;

use super::super::origin;
use super::answer::{ApiError, ok};
use super::who::{Shared, Who};

/// A request that a proxy passed on may come from anywhere.
const PASSED_ON: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

pub(super) async fn show(req: HttpRequest, who: Who, shared: web::Data<Shared>) -> Result<HttpResponse, ApiError> {
    who.may(Action::DemoGet)?;
    let found = match shared.demo() {
        Some(demo) if is_from_here(&req, &who) => unchanged(&who, demo).await?,
        _ => None,
    };
    let (people, until) = found.ok_or_else(|| who.refused(Rejection::NotFound))?;
    let mut answer = ok(|o| {
        o.flag("fresh", true).time("until", until);
        o.list("people", &people, |o, person| {
            o.text("role", &person.role).text("name", &person.name).text("email", &person.email);
            o.text_or_null("password", person.password.as_deref());
        });
    });
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(answer)
}

pub(super) async fn dismiss(who: Who, shared: web::Data<Shared>) -> Result<HttpResponse, ApiError> {
    who.may(Action::DemoDismiss)?;
    if let Some(demo) = shared.demo() {
        demo.forget();
    }
    Ok(HttpResponse::NoContent().finish())
}

/// The first password that is another one than was made ends it for everybody: somebody has settled in.
async fn unchanged(who: &Who, demo: &DemoLogins) -> Result<Option<(Vec<DemoLogin>, Timestamp)>, ApiError> {
    let Some((people, until)) = demo.fresh(who.node.now()) else { return Ok(None) };
    for person in &people {
        let stored = who.node.store().credential(&person.email).await;
        let stored = stored.map_err(|error| who.refused(Failure::from(error)))?;
        if stored.is_none_or(|stored| stored.password_hash != person.password_hash) {
            demo.forget();
            return Ok(None);
        }
    }
    Ok(Some((people, until)))
}

/// Whether somebody at this machine asked, by a name of this machine, from no other site's page.
///
/// The name matters: a site may point its own name here (DNS rebinding), and its page would then ask from this
/// machine's browser and count as ours.
fn is_from_here(req: &HttpRequest, who: &Who) -> bool {
    let headers = req.headers();
    let site = headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or(""));
    let foreign_page = site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
        || (headers.contains_key(header::ORIGIN) && !origin::is_from_our_page(req, &who.node));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    req.peer_addr().is_some_and(|peer| peer.ip().is_loopback())
        && is_this_machine(host)
        && !PASSED_ON.iter().any(|name| headers.contains_key(*name))
        && !foreign_page
}

/// `localhost`, `127.0.0.1` or `[::1]`, with or without a port.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name,
        None => host.split(':').next().unwrap_or(""),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_names_of_this_machine_count() {
        for here in ["localhost", "LOCALHOST:3000", "127.0.0.1:80", "127.1.2.3", "[::1]:3000", "[::1]"] {
            assert!(is_this_machine(here), "{here}");
        }
        for elsewhere in
            ["", "localhost.evil.example", "evil.example:3000", "10.0.0.1", "127.0.0.1.evil.example", "[::2]"]
        {
            assert!(!is_this_machine(elsewhere), "{elsewhere}");
        }
    }
}
