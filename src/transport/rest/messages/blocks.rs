//! Whom one does not want to hear from.

use actix_web::HttpResponse;

use crate::auth::policy::Action;
use crate::domain::ids::UserId;
use crate::domain::rejection::Rejection;
use crate::protocol::error::WireError;

use super::super::params::Id;
use super::super::who::Who;
use super::{Answer, list};

/// Blocks that are listed, and that one person may have.
const MOST: i64 = 1_000;

pub(in super::super) async fn all(who: Who) -> Answer {
    who.may(Action::BlockManage)?;
    let found = who.node.store().blocked_by(&who.known()?.user_id, MOST).await?;
    Ok(list(&found, None, |o, blocked| {
        o.text("user_id", blocked.user_id.as_str()).text("name", &blocked.name).time("blocked_at", blocked.at);
    }))
}

pub(in super::super) async fn put(who: Who, id: Id) -> Answer {
    who.may(Action::BlockManage)?;
    let (me, blocked_id) = (who.known()?.user_id.clone(), UserId::from(id.into_inner()));
    if me == blocked_id {
        return Err(who.refused(WireError::invalid("user_id", "is oneself")));
    }
    let store = who.node.store();
    store.user(&blocked_id).await?.ok_or_else(|| who.refused(Rejection::NotFound))?;
    if i64::try_from(store.blocked_by(&me, MOST).await?.len()) == Ok(MOST) {
        return Err(who.refused(Rejection::LimitReached { what: "blocks", limit: MOST }));
    }
    store.set_block(&me, &blocked_id, true, who.node.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(in super::super) async fn delete(who: Who, id: Id) -> Answer {
    who.may(Action::BlockManage)?;
    let (me, blocked_id) = (who.known()?.user_id.clone(), UserId::from(id.into_inner()));
    let store = who.node.store();
    store.user(&blocked_id).await?.ok_or_else(|| who.refused(Rejection::NotFound))?;
    store.set_block(&me, &blocked_id, false, who.node.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
