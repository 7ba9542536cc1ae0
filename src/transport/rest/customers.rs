//! What is known of a customer, for staff who may see one of the customer's conversations.

use actix_web::HttpResponse;

use crate::actors::node::permitted;
use crate::auth::policy::{self, Action, Relation};
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::page_view::{KEPT, PageView};
use crate::domain::rejection::Rejection;
use crate::domain::user::Role;
use crate::protocol::dialect::shapes;
use crate::protocol::json::Object;
use crate::store::{ConversationFilter, OverviewFilter};

use super::answer::{ApiError, ok};
use super::lists::overview;
use super::params::Id;
use super::who::Who;

/// Conversations that are shown, the newest.
const SHOWN: i64 = 50;

fn seen(o: &mut Object<'_>, view: &PageView) {
    o.text("conversationId", view.conversation_id.as_str());
    shapes::page_view(o, view);
}

pub(super) async fn get(who: Who, id: Id) -> Result<HttpResponse, ApiError> {
    let principal = who.known()?;
    let customer_id = UserId::from(id.into_inner());
    let store = who.node.store();
    let of_customer = || ConversationFilter { customer_id: Some(customer_id.clone()), ..ConversationFilter::default() };
    let everything = OverviewFilter { plain: of_customer(), ..OverviewFilter::default() };
    let all = store.overviews(&everything, &principal.user_id, None, SHOWN).await?;
    let mut reach = Vec::new();
    if principal.role == Role::Agent {
        let in_reach_of = Some(principal.user_id.clone());
        let filter = OverviewFilter { plain: of_customer(), in_reach_of, ..OverviewFilter::default() };
        let found = store.overviews(&filter, &principal.user_id, None, SHOWN).await?;
        reach.extend(found.into_iter().map(|row| row.conversation.id));
    }
    let standing = match (all.is_empty(), principal.role, reach.is_empty()) {
        (true, ..) => Relation::None,
        // In reach is one of four standings, which the table treats alike here.
        (_, Role::Agent, false) => Relation::Participant,
        _ => Relation::Other,
    };
    permitted(policy::allows(principal.role.into(), Action::CustomerGet, standing))
        .map_err(|failure| who.refused(failure))?;
    let user = store.user(&customer_id).await?.ok_or_else(|| who.refused(Rejection::NotFound))?;
    let trail = store.page_trail(&customer_id, KEPT).await?;
    let readable = |id: &ConversationId| principal.role == Role::Admin || reach.contains(id);
    Ok(ok(|o| {
        shapes::user(o, &user);
        o.time("firstSeenAt", user.created_at);
        o.list("conversations", &all, |o, row| {
            let may_read = readable(&row.conversation.id);
            let mut row = row.clone();
            if !may_read {
                // That it was, how it ended and was rated: yes. What was said: no.
                row.last_message = None;
                row.conversation.metadata = None;
            }
            overview(o, &row);
            o.flag("mayRead", may_read);
        });
        o.list("pageViews", &trail, seen);
    }))
}

/// The pages told of in one conversation, newest first.
pub(super) async fn page_views(who: Who, id: Id) -> Result<HttpResponse, ApiError> {
    let record = who.conversation(Action::PageViewList, &ConversationId::from(id.into_inner())).await?;
    let found = who.node.store().page_views(&record.conversation.id, KEPT).await?;
    Ok(ok(|o| {
        o.list("items", &found, shapes::page_view);
    }))
}
