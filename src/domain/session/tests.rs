use proptest::prelude::*;

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn secs(n: i64) -> Timestamp {
    at(n * 1000)
}

fn principal(user: &str, role: Role, expires_at: Timestamp) -> Principal {
    Principal { user_id: user.into(), role, name: user.to_owned(), chatbot_id: None, expires_at, login_id: None }
}

fn customer(expires_s: i64) -> Principal {
    principal("cust-1", Role::Customer, secs(expires_s))
}

fn claim(role: Role, user: &str) -> Option<Claim> {
    Some(Claim { role, user_id: Some(user.into()) })
}

/// A session with its collected actions.
struct Rig {
    session: Session,
    out: Vec<Action>,
}

impl Rig {
    fn new() -> Self {
        Self { session: Session::new(Arc::new(SessionSettings::default()), at(0)), out: Vec::new() }
    }

    /// Known since 0 as `cust-1`, with a token until `expires_s`.
    fn active(expires_s: i64) -> Self {
        let mut rig = Self::new();
        let hello = Input::Hello { principal: Some(customer(expires_s)), claim: claim(Role::Customer, "cust-1") };
        assert_eq!(rig.put(at(0), hello), Ok(Reply::Registered));
        rig
    }

    fn put(&mut self, now: Timestamp, input: Input) -> Result<Reply, Rejection> {
        self.session.handle(now, input, &mut self.out)
    }

    fn due(&mut self, now: Timestamp) -> Vec<Action> {
        assert!(self.put(now, Input::Due).is_ok());
        self.drain()
    }

    fn drain(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.out)
    }
}

#[test]
fn a_link_that_says_nothing_is_closed_4401_after_ten_seconds_and_cut_when_it_lingers() {
    let mut rig = Rig::new();
    assert_eq!(rig.session.next_deadline(), Some(secs(10)));
    assert_eq!(rig.due(at(9999)), vec![]);
    assert_eq!(rig.due(secs(10)), vec![Action::Close(CloseCause::Unauthenticated)]);
    assert_eq!(CloseCause::Unauthenticated.code(), 4401);
    assert_eq!(rig.put(secs(11), Input::Frame), Ok(Reply::Ignore));
    assert_eq!(rig.session.next_deadline(), Some(secs(15)));
    assert_eq!(rig.due(secs(15)), vec![Action::Cut(CloseCause::Unauthenticated)]);
    assert_eq!((rig.session.phase(), rig.session.next_deadline()), (Phase::Closed, None));
}

#[test]
fn hello_wants_a_token_that_fits_the_claim() {
    let mut rig = Rig::new();
    let missing = rig.put(at(1), Input::Hello { principal: None, claim: claim(Role::Customer, "cust-1") });
    assert_eq!(missing, Err(invalid_token("is missing")));
    for (role, user) in [(Role::Customer, "cust-2"), (Role::Agent, "cust-1"), (Role::Admin, "cust-1")] {
        let hello = Input::Hello { principal: Some(customer(3600)), claim: claim(role, user) };
        assert_eq!(rig.put(at(2), hello), Err(Rejection::Forbidden));
    }
    assert!(!rig.session.is_active() && rig.drain().is_empty());
    let hello = Input::Hello { principal: Some(customer(3600)), claim: claim(Role::Customer, "cust-1") };
    assert_eq!(rig.put(at(3), hello), Ok(Reply::Registered));
    assert_eq!(rig.session.principal().unwrap().user_id.as_str(), "cust-1");
}

#[test]
fn a_token_on_the_upgrade_is_enough_and_a_later_claim_must_match_it() {
    let mut rig = Rig::new();
    assert_eq!(rig.put(at(0), Input::Hello { principal: Some(customer(3600)), claim: None }), Ok(Reply::Registered));
    let later = |user: &str, role| Input::Hello { principal: None, claim: claim(role, user) };
    assert_eq!(rig.put(at(1), later("cust-1", Role::Customer)), Ok(Reply::Registered));
    assert_eq!(rig.put(at(1), later("cust-2", Role::Customer)), Err(Rejection::Forbidden));
    assert_eq!(rig.put(at(1), later("cust-1", Role::Agent)), Err(Rejection::Forbidden));
    let other = principal("cust-2", Role::Customer, secs(3600));
    let switched = Input::Hello { principal: Some(other), claim: claim(Role::Customer, "cust-2") };
    assert_eq!(rig.put(at(1), switched), Err(Rejection::Forbidden), "a link does not change hands");
    assert!(rig.session.is_active());
}

#[test]
fn a_refused_or_expired_token_ends_an_unknown_link_but_not_a_known_one() {
    let mut rig = Rig::new();
    assert!(rig.put(at(1), Input::TokenRefused).is_err());
    assert_eq!(rig.drain(), vec![Action::Close(CloseCause::Unauthenticated)]);
    let mut rig = Rig::new();
    assert!(rig.put(secs(5), Input::Hello { principal: Some(customer(5)), claim: None }).is_err());
    assert_eq!(rig.drain(), vec![Action::Close(CloseCause::Unauthenticated)]);
    let mut rig = Rig::active(3600);
    assert!(rig.put(at(1), Input::TokenRefused).is_err());
    assert!(rig.session.is_active() && rig.drain().is_empty());
}

#[test]
fn nothing_is_done_for_somebody_unknown() {
    let mut rig = Rig::new();
    assert_eq!(rig.put(at(1), Input::Message), Err(Rejection::Forbidden));
    assert_eq!(rig.put(at(1), Input::Join("c".into())), Err(Rejection::Forbidden));
    assert_eq!(rig.put(at(1), Input::Refresh(customer(3600))), Err(Rejection::Forbidden));
}

#[test]
fn expiry_is_told_a_minute_ahead_and_closes_on_the_second() {
    let mut rig = Rig::active(100);
    rig.put(secs(39), Input::Heard).unwrap();
    assert_eq!(rig.session.next_deadline(), Some(secs(40)));
    let told = Action::Tell(Event::TokenExpiring { expires_at: secs(100) });
    assert_eq!(rig.due(secs(40)), vec![told]);
    for n in [50, 60, 70, 80, 90] {
        rig.put(secs(n), Input::Heard).unwrap();
    }
    assert_eq!(rig.drain(), vec![], "told once");
    assert_eq!(rig.session.next_deadline(), Some(secs(100)));
    assert_eq!(rig.due(secs(100)), vec![Action::Close(CloseCause::TokenExpired)]);
    assert_eq!(CloseCause::TokenExpired.code(), 4401);
}

#[test]
fn a_refresh_by_the_same_person_goes_on_and_another_person_is_refused() {
    let mut rig = Rig::active(60);
    assert_eq!(rig.drain().len(), 1, "the last minute has begun already");
    assert_eq!(
        rig.put(secs(1), Input::Refresh(principal("cust-2", Role::Customer, secs(999)))),
        Err(Rejection::Forbidden)
    );
    assert_eq!(
        rig.put(secs(1), Input::Refresh(principal("cust-1", Role::Admin, secs(999)))),
        Err(Rejection::Forbidden)
    );
    assert!(rig.put(secs(2), Input::Refresh(customer(2))).is_err());
    assert_eq!(rig.put(secs(3), Input::Refresh(customer(200))), Ok(Reply::Done));
    for n in 1..14 {
        rig.put(secs(n * 10), Input::Heard).unwrap();
    }
    assert_eq!(rig.drain(), vec![]);
    rig.put(secs(139), Input::Heard).unwrap();
    assert_eq!(rig.session.next_deadline(), Some(secs(140)), "warned again before the new end");
}

#[test]
fn frames_and_messages_have_limits_of_their_own_and_abuse_ends_with_1008() {
    let mut rig = Rig::active(3600);
    for _ in 0..20 {
        assert_eq!(rig.put(secs(1), Input::Message), Ok(Reply::Done));
    }
    let retry_after = Millis::from_secs(10);
    assert_eq!(rig.put(secs(1), Input::Message), Err(Rejection::RateLimited { retry_after }));
    for _ in 0..120 {
        assert_eq!(rig.put(secs(1), Input::Frame), Ok(Reply::Done));
    }
    for _ in 0..359 {
        let retry_after = Millis::from_secs(60);
        assert_eq!(rig.put(secs(1), Input::Frame), Err(Rejection::RateLimited { retry_after }));
    }
    assert_eq!(rig.drain(), vec![]);
    assert!(rig.put(secs(1), Input::Frame).is_err());
    assert_eq!(rig.drain(), vec![Action::Close(CloseCause::Abuse)]);
    assert_eq!(CloseCause::Abuse.code(), 1008);
}

#[test]
fn joined_rooms_are_kept_once_and_bounded() {
    let mut rig = Rig::active(3600);
    for n in 0..64 {
        assert_eq!(rig.put(at(1), Input::Join(format!("c{n}").into())), Ok(Reply::Done));
    }
    assert_eq!(rig.put(at(1), Input::Join("c7".into())), Ok(Reply::Done));
    let refused = Err(Rejection::LimitReached { what: "rooms_per_socket", limit: 64 });
    assert_eq!(rig.put(at(1), Input::Join("more".into())), refused);
    assert_eq!(rig.put(at(1), Input::Leave("c7".into())), Ok(Reply::Done));
    assert_eq!(rig.put(at(1), Input::Leave("c7".into())), Ok(Reply::Done));
    assert!(!rig.session.has_joined(&"c7".into()));
    assert_eq!(rig.put(at(1), Input::Join("more".into())), Ok(Reply::Done));
    assert!(rig.session.has_joined(&"more".into()));
    assert_eq!(rig.session.rooms().len(), 64);
}

#[test]
fn a_silent_client_is_pinged_after_20_seconds_and_cut_after_25() {
    let mut rig = Rig::active(3600);
    rig.put(secs(3), Input::Frame).unwrap();
    assert_eq!(rig.session.next_deadline(), Some(secs(23)));
    assert_eq!(rig.due(secs(23)), vec![Action::Ping]);
    assert_eq!(rig.session.next_deadline(), Some(secs(28)));
    rig.put(secs(24), Input::Heard).unwrap();
    assert_eq!(rig.session.next_deadline(), Some(secs(44)));
    assert_eq!(rig.due(secs(44)), vec![Action::Ping]);
    assert_eq!(rig.due(at(48_999)), vec![]);
    assert_eq!(rig.due(secs(49)), vec![Action::Cut(CloseCause::HeartbeatLost)]);
    assert_eq!(rig.session.phase(), Phase::Closed);
}

#[test]
fn a_process_that_was_paused_asks_before_it_takes_anyone_for_dead() {
    let mut rig = Rig::active(3600);
    assert_eq!(rig.due(secs(300)), vec![Action::Ping]);
    assert_eq!(rig.session.next_deadline(), Some(secs(305)));
    rig.put(secs(304), Input::Heard).unwrap();
    assert!(rig.session.is_active());
}

#[test]
fn a_client_that_does_not_read_is_cut_with_1013() {
    let mut rig = Rig::active(3600);
    let (kib, typing) = (1024, |bytes| Input::Send { bytes, droppable: true });
    let message = |bytes| Input::Send { bytes, droppable: false };
    assert_eq!(rig.put(secs(1), message(200 * kib)), Ok(Reply::Write));
    assert_eq!(rig.put(secs(1), typing(56 * kib)), Ok(Reply::Write));
    assert_eq!(rig.put(secs(1), typing(1)), Ok(Reply::Drop));
    assert_eq!(rig.put(secs(2), message(kib)), Ok(Reply::Write));
    assert_eq!(rig.session.next_deadline(), Some(secs(7)));
    rig.put(secs(6), Input::Written(100)).unwrap();
    assert_eq!(rig.due(secs(7)), vec![]);
    rig.put(secs(10), Input::Heard).unwrap();
    assert_eq!(rig.due(secs(11)), vec![Action::Cut(CloseCause::SlowConsumer)], "alive, but it does not read");
    assert_eq!((CloseCause::SlowConsumer.code(), CloseCause::SlowConsumer.reason()), (1013, "slow_consumer"));

    let mut rig = Rig::active(3600);
    assert_eq!(rig.put(secs(1), message(1024 * kib)), Ok(Reply::Write));
    assert_eq!(rig.put(secs(1), message(1)), Ok(Reply::Ignore));
    assert_eq!(rig.drain(), vec![Action::Cut(CloseCause::SlowConsumer)]);
}

#[test]
fn progress_that_was_written_in_time_counts_even_when_the_timer_is_late() {
    let mut rig = Rig::active(3600);
    rig.put(secs(1), Input::Send { bytes: 300_000, droppable: false }).unwrap();
    assert_eq!(rig.put(secs(9), Input::Written(1)), Ok(Reply::Done));
    assert_eq!(rig.drain(), vec![]);
    assert_eq!(rig.due(secs(14)), vec![Action::Cut(CloseCause::SlowConsumer)]);
}

#[test]
fn a_new_pump_starts_with_an_empty_window() {
    let mut rig = Rig::active(3600);
    rig.put(secs(1), Input::Send { bytes: 300_000, droppable: false }).unwrap();
    assert_eq!((rig.session.in_flight(), rig.session.credit()), (300_000, 0));
    rig.put(secs(2), Input::Linked).unwrap();
    assert_eq!((rig.session.in_flight(), rig.session.credit()), (0, 256 * 1024));
    assert_eq!(rig.session.next_deadline(), Some(secs(22)));
}

#[test]
fn draining_tells_once_and_closes_1012_at_the_earliest_given_time() {
    let mut rig = Rig::active(3600);
    let drain = |s| Input::Drain { reconnect_after: Millis::new(1234), close_at: secs(s) };
    rig.put(secs(1), drain(15)).unwrap();
    rig.put(secs(1), drain(12)).unwrap();
    rig.put(secs(1), drain(19)).unwrap();
    assert_eq!(rig.drain(), vec![Action::Tell(Event::ServerDraining { reconnect_after_ms: 1234 })]);
    assert_eq!(rig.session.next_deadline(), Some(secs(12)));
    assert_eq!(rig.due(secs(12)), vec![Action::Close(CloseCause::Draining)]);
    assert_eq!(CloseCause::Draining.code(), 1012);
}

#[test]
fn an_end_from_outside_is_said_once_and_a_lost_link_says_nothing() {
    let mut rig = Rig::active(3600);
    rig.put(secs(1), Input::End(CloseCause::Other { code: 4408, reason: "replaced" })).unwrap();
    rig.put(secs(1), Input::End(CloseCause::LoggedOut)).unwrap();
    assert_eq!(rig.drain(), vec![Action::Close(CloseCause::Other { code: 4408, reason: "replaced" })]);
    rig.put(secs(2), Input::Ended).unwrap();
    assert_eq!((rig.drain(), rig.session.next_deadline()), (vec![], None));
}

#[test]
fn an_idle_session_is_small() {
    assert!(size_of::<Session>() <= 360, "{}", size_of::<Session>());
}

#[derive(Clone, Debug)]
enum Happening {
    Hello,
    Refresh(i64),
    Frame,
    Heard,
    Message,
    Send(usize, bool),
    Written(usize),
    Drain(i64),
    End,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        2 => Just(Happening::Hello),
        1 => (1i64..200_000).prop_map(Happening::Refresh),
        6 => Just(Happening::Frame),
        4 => Just(Happening::Heard),
        3 => Just(Happening::Message),
        6 => (0usize..200_000, any::<bool>()).prop_map(|(bytes, droppable)| Happening::Send(bytes, droppable)),
        6 => (0usize..400_000).prop_map(Happening::Written),
        1 => (1i64..60_000).prop_map(Happening::Drain),
        1 => Just(Happening::End),
    ]
}

/// What must hold at any time, kept apart from the machine.
struct Watch {
    known: bool,
    expires_at: i64,
    heard_at: i64,
    flying: usize,
    slow_since: Option<i64>,
    drain_at: Option<i64>,
    ended: Option<i64>,
}

impl Watch {
    /// The latest moment at which this link may still be open.
    fn last_moment(&self) -> i64 {
        let hello = if self.known { self.expires_at } else { 10_000 };
        let slow = self.slow_since.map_or(i64::MAX, |since| since + 5000);
        hello.min(slow).min(self.heard_at + 25_000).min(self.drain_at.unwrap_or(i64::MAX))
    }
}

/// Lets every deadline up to `until` fire on time. Each must do something or move on.
fn fire_deadlines(session: &mut Session, until: i64, watch: &mut Watch) -> Result<(), TestCaseError> {
    while let Some(deadline) = session.next_deadline().filter(|deadline| *deadline <= at(until)) {
        let mut out = Vec::new();
        let was_over = session.is_over();
        session.handle(deadline, Input::Due, &mut out).unwrap();
        prop_assert!(session.next_deadline().is_none_or(|next| next > deadline), "a timer that spins");
        if was_over {
            prop_assert!(matches!(out.as_slice(), [Action::Cut(_)]), "{:?}", out);
        } else if session.is_over() {
            prop_assert_eq!(deadline, at(watch.last_moment()), "ended neither early nor late");
            watch.ended = Some(deadline.as_millis());
        } else {
            prop_assert_eq!(out.len(), 1, "only pings and warnings go before: {:?}", out);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_deadline_is_missed_and_no_link_ends_before_its_time(
        script in prop::collection::vec((0i64..9000, happening()), 1..80),
    ) {
        let mut session = Session::new(Arc::new(SessionSettings::default()), at(0));
        let mut now = 0;
        let mut watch = Watch {
            known: false, expires_at: i64::MAX, heard_at: 0, flying: 0, slow_since: None, drain_at: None, ended: None,
        };
        for (later, what) in script {
            now += later;
            fire_deadlines(&mut session, now, &mut watch)?;
            let over = session.is_over();
            let mut out = Vec::new();
            let mut put = |session: &mut Session, input| session.handle(at(now), input, &mut out);
            let result = match what {
                Happening::Hello => {
                    let token = principal("cust-1", Role::Customer, at(now + 90_000));
                    let result = put(&mut session, Input::Hello { principal: Some(token), claim: None });
                    if !over { (watch.known, watch.expires_at) = (true, now + 90_000) }
                    result
                }
                Happening::Refresh(ahead) => {
                    let result = put(&mut session, Input::Refresh(principal("cust-1", Role::Customer, at(now + ahead))));
                    if result == Ok(Reply::Done) { watch.expires_at = now + ahead }
                    prop_assert!(over || watch.known == result.is_ok());
                    result
                }
                Happening::Frame | Happening::Heard => {
                    let input = if matches!(what, Happening::Frame) { Input::Frame } else { Input::Heard };
                    watch.heard_at = now;
                    put(&mut session, input)
                }
                Happening::Message => put(&mut session, Input::Message),
                Happening::Send(bytes, droppable) => {
                    let result = put(&mut session, Input::Send { bytes, droppable });
                    if result == Ok(Reply::Write) {
                        watch.flying += bytes;
                        if watch.flying > 256 * 1024 { watch.slow_since = watch.slow_since.or(Some(now)) }
                    }
                    result
                }
                Happening::Written(bytes) => {
                    let bytes = bytes.min(watch.flying);
                    watch.flying -= bytes;
                    if bytes > 0 { watch.slow_since = (watch.flying > 256 * 1024).then_some(now) }
                    put(&mut session, Input::Written(bytes))
                }
                Happening::Drain(ahead) => {
                    let close_at = now + ahead;
                    watch.drain_at = Some(watch.drain_at.map_or(close_at, |earlier| earlier.min(close_at)));
                    put(&mut session, Input::Drain { reconnect_after: Millis::ZERO, close_at: at(close_at) })
                }
                Happening::End => put(&mut session, Input::End(CloseCause::LoggedOut)),
            };
            if over {
                prop_assert_eq!(result, Ok(Reply::Ignore));
                prop_assert!(out.is_empty());
                continue;
            }
            if session.is_over() {
                let last_said = matches!(out.last(), Some(Action::Close(_) | Action::Cut(_)));
                prop_assert!(last_said, "an end is said last: {:?}", out);
                watch.ended = Some(now);
            } else {
                prop_assert!(now < watch.last_moment(), "should have ended by {}", watch.last_moment());
                prop_assert!(session.next_deadline().is_some_and(|next| at(now) < next));
                prop_assert!(session.next_deadline().unwrap() <= at(watch.last_moment()));
                prop_assert_eq!(session.in_flight(), watch.flying);
            }
            prop_assert!(session.next_deadline().is_none_or(|next| next > at(now)));
        }
        fire_deadlines(&mut session, i64::MAX, &mut watch)?;
        prop_assert_eq!(session.phase(), Phase::Closed);
        prop_assert!(watch.ended.is_some(), "left alone, every link ends");
    }
}
