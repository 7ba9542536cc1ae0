//! Who is connected to this process, for admins.

use actix_web::HttpResponse;

use crate::auth::policy::Action;
use crate::domain::connections::{Count, Dialect, PersonLinks};
use crate::domain::ids::{UserId, is_id};
use crate::domain::user::Role;
use crate::protocol::error::WireError;
use crate::protocol::json::Object;

use super::answer::{ApiError, ok};
use super::cursor::Page;
use super::params::Params;
use super::who::Who;

/// The most people in one page.
const MOST: i64 = 500;

fn count(o: &mut Object<'_>, count: Count) {
    o.int("users", count.users).int("connections", count.connections);
}

fn person(o: &mut Object<'_>, (user_id, links): &(&UserId, &PersonLinks)) {
    o.text("userId", user_id.as_str()).text("role", links.role.as_str());
    o.int("connections", links.count()).time("since", links.since);
    o.object("byDialect", |o| {
        for (dialect, count) in &links.by_dialect {
            o.int(dialect.as_str(), *count);
        }
    });
}

pub(super) async fn list(who: Who, page: Params<Page>) -> Result<HttpResponse, ApiError> {
    who.may(Action::ConnectionList)?;
    let limit = page.limit(MOST).map_err(|error| who.refused(error))?;
    let after = match page.cursor.as_deref() {
        None => None,
        Some(text) if is_id(text) => Some(UserId::from(text)),
        Some(_) => return Err(who.refused(WireError::invalid("cursor", "is not one of ours"))),
    };
    let census = who.node.census().await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut left = census.after(after.as_ref());
    let people: Vec<_> = left.by_ref().take(limit).collect();
    let next = left.next().and_then(|_| people.last()).map(|(user_id, _)| user_id.as_str());
    Ok(ok(|o| {
        count(o, census.total());
        o.object("byRole", |o| {
            for role in Role::ALL {
                o.object(role.as_str(), |o| count(o, census.of_role(role)));
            }
        });
        o.object("byDialect", |o| {
            for dialect in Dialect::ALL {
                o.object(dialect.as_str(), |o| count(o, census.of_dialect(dialect)));
            }
        });
        o.list("items", &people, person).text_or_null("nextCursor", next);
    }))
}
