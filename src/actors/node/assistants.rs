//! Who answers in this process, how many turns at once, and what is said when a human is wanted.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::assistant::hand_off::wish::{PhraseSet, Wishes};
use crate::assistant::{Assistant, AssistantError};
use crate::config;
use crate::domain::chatbot::{Chatbot, HandOffMode};
use crate::domain::ids::{ChatbotId, ConversationId, UserId};
use crate::domain::time::{Millis, Timestamp};
use crate::domain::turn::TurnSettings;
use crate::domain::usage::{Cost, Counters, ProviderCounters, TurnRecord, Usage};

/// Turns that may be begun for one message: a room that ends in the middle of the first one gets a second.
const TURNS_PER_MESSAGE: u32 = 2;
/// Conversations of which this is remembered at most.
const REMEMBERED: usize = 100_000;

/// What was used, and what came of it.
struct Book {
    usage: Usage,
    counters: Counters,
}

/// The assistants of an installation.
pub struct Assistants {
    by_provider: BTreeMap<String, Arc<dyn Assistant>>,
    standard: Option<Arc<dyn Assistant>>,
    slots: Arc<Semaphore>,
    wait: Millis,
    wishes: Wishes,
    settings: config::Assistant,
    /// An agent is connected and takes new conversations.
    reachable: AtomicBool,
    book: Mutex<Book>,
    /// Turns that were begun for a conversation's newest message and whose end is not on the disk yet.
    begun: Mutex<HashMap<ConversationId, (i64, u32)>>,
}

impl Assistants {
    /// `all` by their provider's word; `standard` answers where a chatbot names none. Without one nobody answers.
    pub fn new(
        settings: config::Assistant,
        all: Vec<Arc<dyn Assistant>>,
        standard: Option<Arc<dyn Assistant>>,
    ) -> Self {
        let phrases = settings.hand_off_phrases.clone();
        let extra = PhraseSet { language: "settings".into(), phrases };
        Self {
            by_provider: all.into_iter().map(|it| (it.provider().to_owned(), it)).collect(),
            standard,
            slots: Arc::new(Semaphore::new(settings.turns_at_once.min(Semaphore::MAX_PERMITS))),
            wait: config::millis(settings.turn_wait_ms),
            wishes: Wishes::new(&[extra]),
            book: Mutex::new(Book { usage: Usage::new(settings.usage_settings()), counters: Counters::default() }),
            begun: Mutex::default(),
            settings,
            reachable: AtomicBool::new(false),
        }
    }

    /// Whether anybody answers at all.
    pub fn is_on(&self) -> bool {
        self.standard.is_some()
    }

    /// Who answers at a chatbot. A provider that is not set up is replaced by the installation's.
    pub fn of(&self, chatbot: Option<&Chatbot>) -> Option<Arc<dyn Assistant>> {
        let named = chatbot.and_then(|bot| bot.assistant.provider.as_ref());
        named.and_then(|name| self.by_provider.get(name)).or(self.standard.as_ref()).cloned()
    }

    /// What follows a wish for a human at a chatbot.
    pub fn hand_off_mode(&self, chatbot: Option<&Chatbot>) -> HandOffMode {
        let standard = match self.settings.hand_off {
            config::HandOff::AtOnce => HandOffMode::AtOnce,
            config::HandOff::Ask => HandOffMode::Ask,
        };
        chatbot.and_then(|bot| bot.assistant.hand_off).unwrap_or(standard)
    }

    /// A place among the turns that run at once.
    ///
    /// # Errors
    /// `Overloaded` when none came free in time.
    pub async fn place(&self, clock: &dyn crate::clock::Clock) -> Result<OwnedSemaphorePermit, AssistantError> {
        let slots = Arc::clone(&self.slots);
        if let Ok(place) = Arc::clone(&slots).try_acquire_owned() {
            return Ok(place);
        }
        tokio::select! {
            place = slots.acquire_owned() => place.map_err(|_| AssistantError::Overloaded),
            () = clock.sleep_until(clock.now() + self.wait) => Err(AssistantError::Overloaded),
        }
    }

    /// Whether a customer's words ask for a human.
    pub fn wants_human(&self, text: &str) -> bool {
        self.wishes.wants_human(text).is_some()
    }

    /// `[assistant]`.
    pub fn settings(&self) -> &config::Assistant {
        &self.settings
    }

    /// How far the assistant may go.
    pub fn turn_settings(&self) -> TurnSettings {
        TurnSettings { turns_per_engagement: self.settings.turns_per_engagement, ..TurnSettings::default() }
    }

    /// The supervisor says whether anybody could take over.
    pub fn say_reachable(&self, reachable: bool) {
        self.reachable.store(reachable, Ordering::Relaxed);
    }

    /// Whether anybody could take over, as far as is known.
    pub fn humans_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }

    /// Lets one turn of a customer through, and counts it.
    ///
    /// # Errors
    /// `OverLimit` with the name of the setting whose limit is reached; then the turn counts for none.
    pub fn admit(&self, now: Timestamp, customer: &UserId, chatbot: Option<&ChatbotId>) -> Result<(), AssistantError> {
        self.book().usage.admit(now, customer, chatbot).map_err(AssistantError::OverLimit)
    }

    /// Counts what a turn has spent, and says what it cost.
    pub fn spent(&self, now: Timestamp, chatbot: Option<&ChatbotId>, input_tokens: u64, output_tokens: u64) -> Cost {
        self.book().usage.spent(now, chatbot, input_tokens, output_tokens)
    }

    /// Counts a turn that is over.
    pub fn count(&self, provider: &str, turn: &TurnRecord) {
        self.book().counters.record(provider, turn);
    }

    /// What each provider did since the start of the process.
    pub fn counted(&self) -> BTreeMap<String, ProviderCounters> {
        self.book().counters.snapshot()
    }

    /// A turn begins for a message. It outlives the room, so that a room that reads itself again asks nobody twice.
    pub fn turn_begun(&self, id: &ConversationId, seq: i64) {
        let mut begun = self.begun();
        if begun.len() >= REMEMBERED
            && !begun.contains_key(id)
            && let Some(any) = begun.keys().next().cloned()
        {
            begun.remove(&any);
        }
        let entry = begun.entry(id.clone()).or_default();
        *entry = if entry.0 == seq { (seq, entry.1.saturating_add(1)) } else { (seq, 1) };
    }

    /// The provider had its say: there is no second turn for this message.
    pub fn turn_spent(&self, id: &ConversationId, seq: i64) {
        self.begun().insert(id.clone(), (seq, TURNS_PER_MESSAGE));
    }

    /// What came of the turn is on the disk, or nobody waits for it any more.
    pub fn turn_settled(&self, id: &ConversationId) {
        self.begun().remove(id);
    }

    /// Whether a message has had its turns.
    pub fn is_spent(&self, id: &ConversationId, seq: i64) -> bool {
        self.begun().get(id).is_some_and(|(upto, turns)| *upto >= seq && *turns >= TURNS_PER_MESSAGE)
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<ConversationId, (i64, u32)>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process has an assistant of this name.
    pub fn has(&self, provider: &str) -> bool {
        self.by_provider.contains_key(provider)
    }

    /// The names of all.
    pub fn names(&self) -> Vec<&str> {
        self.by_provider.keys().map(String::as_str).collect()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
