//! Those who follow a room without a session: calls over REST that wait for the assistant.

use tokio::sync::mpsc::UnboundedSender;

use crate::domain::event::{EscalationStatus, Event};
use crate::domain::ids::MessageId;

use super::super::messages::News;
use super::{Record, RoomActor};

/// The followers of one room. Whoever has gone is forgotten with the next news or look.
#[derive(Default)]
pub(super) struct Followers(Vec<UnboundedSender<News>>);

impl Followers {
    pub(super) fn tell(&mut self, news: impl Fn() -> News) {
        self.0.retain(|follower| follower.send(news()).is_ok());
    }

    /// Whether anybody is left.
    pub(super) fn is_empty(&mut self) -> bool {
        self.0.retain(|follower| !follower.is_closed());
        self.0.is_empty()
    }
}

impl RoomActor {
    /// Lets somebody follow, from the middle of a reply if one is being written.
    pub(super) fn follow(&mut self, follower: UnboundedSender<News>) {
        let mut new = Followers(vec![follower]);
        if let Some((message_id, answers, event)) = self.desk_writing() {
            new.tell(|| News::Answering { message_id: message_id.clone(), answers });
            new.tell(|| News::Event(event.clone()));
        }
        if let Some(upto) = self.quiet() {
            new.tell(|| News::Quiet { upto });
        }
        self.followers.0.append(&mut new.0);
    }

    pub(super) fn tell_followers(&mut self, event: &Event) {
        self.followers.tell(|| News::Event(event.clone()));
    }

    pub(super) fn tell_answering(&mut self, message_id: &MessageId, answers: i64) {
        self.followers.tell(|| News::Answering { message_id: message_id.clone(), answers });
    }

    pub(super) fn tell_handed_over(&mut self, status: &EscalationStatus) {
        self.followers.tell(|| News::HandedOver(status.clone()));
    }

    /// Says that nothing more comes for what was said so far, when that is so.
    pub(super) fn tell_if_quiet(&mut self) {
        if let Some(upto) = self.quiet() {
            self.followers.tell(|| News::Quiet { upto });
        }
    }

    /// The newest message, when the assistant has nothing to do for it or any before it.
    fn quiet(&self) -> Option<i64> {
        let known = matches!(self.record, Record::Here(_));
        (known && self.desk_is_quiet()).then(|| self.feed.head())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn who_has_gone_keeps_no_room_open_even_when_nothing_is_told() {
        let (stays, mut heard) = unbounded_channel();
        let (goes, gone) = unbounded_channel();
        let mut followers = Followers(vec![stays, goes]);
        drop(gone);
        followers.tell(|| News::Quiet { upto: 4 });
        assert!(matches!(heard.try_recv(), Ok(News::Quiet { upto: 4 })));
        assert!(!followers.is_empty());
        drop(heard);
        assert!(followers.is_empty());
    }
}
