//! `[assistant]`: who answers before a human does. The keys are read and checked; no assistant uses them yet.

use serde::Deserialize;

use crate::domain::usage::{Cost, Price, UsageSettings};

use super::{Kind, Secret, section};

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// The built-in knowledge base; needs no key.
    Knowledge,
    /// Nobody: conversations wait until a human is asked for.
    Off,
    /// A server that speaks the Chat Completions interface.
    OpenAi,
    /// A server that speaks the Messages interface.
    Anthropic,
}

/// What follows when a human is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOff {
    /// The conversation is escalated.
    AtOnce,
    /// The customer confirms it first.
    Ask,
}

section! {
    /// `[assistant]`. Model names and bounds are those of seed 002.
    pub struct Assistant in "assistant" {
        /// Who answers.
        provider: Provider = Provider::Knowledge, Kind::Choice(&["knowledge", "openai", "anthropic", "off"]);
        /// Instructions to the model for chatbots without a prompt of their own; not set = the built-in ones.
        system_prompt: Option<String> = None, Kind::Text;
        /// How much of the conversation the model is shown, tokens (4 bytes each).
        history_tokens: u32 = 3000, Kind::Int(100, 1_000_000);
        /// Whether text is shown while it is made.
        stream: bool = true, Kind::Bool;
        /// Whether handing over is offered as a tool; servers without tools are asked for a marker instead.
        tools: bool = true, Kind::Bool;
        /// The longest wait for a connection to the provider, ms.
        connect_timeout_ms: u64 = 3000, Kind::Int(1, 600_000);
        /// The longest wait for the first piece of a streamed answer, each try, ms.
        first_token_timeout_ms: u64 = 10_000, Kind::Int(1, 600_000);
        /// The longest turn, all tries together, ms.
        turn_timeout_ms: u64 = 30_000, Kind::Int(1, 600_000);
        /// How often a turn is tried again when the provider is busy or cannot be reached.
        retries: u32 = 2, Kind::Int(0, 10);
        /// Turns that run at the same time in this process; more wait, and give up after `turn_wait_ms`.
        turns_at_once: usize = 512, Kind::Int(1, 100_000);
        /// The longest wait for a place among them, ms.
        turn_wait_ms: u64 = 5_000, Kind::Int(1, 600_000);
        /// Turns in one conversation, after which a human is asked for.
        turns_per_engagement: u32 = 30, Kind::Int(1, 10_000);
        /// Unhappy turns in a row, after which a human is asked for; 0 = never.
        unhappy_turns: u32 = 3, Kind::Int(0, 100);
        /// What follows when a human is wanted, for chatbots that do not say.
        hand_off: HandOff = HandOff::AtOnce, Kind::Choice(&["at_once", "ask"]);
        /// Said when the assistant failed (seed 002).
        fallback_text: String = "I apologize, but I'm having trouble processing your request. \
            A human agent will be with you shortly.".to_owned(), Kind::Text;
        /// Said when a human is called.
        hand_off_text: String = "Of course. I am passing you on to a person.".to_owned(), Kind::Text;
        /// Said when the customer has to confirm it first.
        ask_text: String = "I can connect you with a person: choose “Connect with Customer Support”.".to_owned(), Kind::Text;
        /// Said when nobody can take over now.
        nobody_text: String = "None of our team is available right now. Leave your e-mail address here and they will \
            answer, or go on asking me.".to_owned(), Kind::Text;
        /// Phrases of a customer that ask for a human, besides the built-in ones.
        hand_off_phrases: Vec<String> = Vec::new(), Kind::Phrases;
        /// The folder with the articles of `knowledge`; when it does not exist, the articles that ship are used.
        knowledge_dir: String = "config/knowledge".to_owned(), Kind::Path;
        /// Key for `openai`.
        openai_api_key: Option<Secret> = None, Kind::Secret(1);
        /// Where `openai` is reached.
        openai_base_url: String = "https://api.openai.com/v1".to_owned(), Kind::Url(&["https", "http"]);
        /// Model for `openai`.
        openai_model: String = "gpt-3.5-turbo".to_owned(), Kind::Text;
        /// The longest answer of `openai`, tokens.
        openai_max_tokens: u32 = 300, Kind::Int(1, 1_000_000);
        /// How much chance is in the answers of `openai`.
        openai_temperature: f64 = 0.7, Kind::Float(0.0, 2.0);
        /// Whether `openai` is asked to count the tokens of a streamed answer. OpenAI itself always is; some other
        /// servers refuse the field.
        openai_stream_usage: bool = false, Kind::Bool;
        /// Key for `anthropic`.
        anthropic_api_key: Option<Secret> = None, Kind::Secret(1);
        /// Where `anthropic` is reached.
        anthropic_base_url: String = "https://api.anthropic.com".to_owned(), Kind::Url(&["https", "http"]);
        /// Model for `anthropic`.
        anthropic_model: String = "claude-3-sonnet-20240229".to_owned(), Kind::Text;
        /// The longest answer of `anthropic`, tokens.
        anthropic_max_tokens: u32 = 300, Kind::Int(1, 1_000_000);
        /// Turns of one visitor in any hour; 0 = no limit.
        turns_per_visitor_hour: u32 = 60, Kind::Int(0, 10_000);
        /// Turns of one chatbot in any minute; 0 = no limit.
        turns_per_chatbot_minute: u32 = 600, Kind::Int(0, 1_000_000);
        /// Tokens, read and written, of one chatbot in any 24 hours; 0 = no limit.
        tokens_per_chatbot_day: u64 = 0, Kind::Int(0, 1_000_000_000_000);
        /// What a million tokens cost that the model reads, in the installation's currency.
        input_price_per_million: f64 = 0.0, Kind::Float(0.0, 1_000_000.0);
        /// What a million tokens cost that the model writes, in the installation's currency.
        output_price_per_million: f64 = 0.0, Kind::Float(0.0, 1_000_000.0);
        /// What one chatbot may cost in any 24 hours, in the installation's currency; 0 = no limit.
        cost_per_chatbot_day: f64 = 0.0, Kind::Float(0.0, 1_000_000_000.0);
    }
}

impl Assistant {
    /// The limits of use in the domain's terms.
    pub fn usage_settings(&self) -> UsageSettings {
        UsageSettings {
            turns_per_visitor_hour: self.turns_per_visitor_hour,
            turns_per_chatbot_minute: self.turns_per_chatbot_minute,
            tokens_per_chatbot_day: self.tokens_per_chatbot_day,
            input_price: Price::from_micros_per_million(micros(self.input_price_per_million)),
            output_price: Price::from_micros_per_million(micros(self.output_price_per_million)),
            cost_per_chatbot_day: Cost::from_micros(micros(self.cost_per_chatbot_day)),
        }
    }

    /// The key that the vendor's own server needs and that is not set.
    pub(super) fn missing_key(&self) -> Option<&'static str> {
        let at = |url: &str, host: &str| {
            url.strip_prefix("https://").is_some_and(|rest| rest == host || rest.starts_with(&format!("{host}/")))
        };
        match self.provider {
            Provider::OpenAi if self.openai_api_key.is_none() && at(&self.openai_base_url, "api.openai.com") => {
                Some("openai_api_key")
            }
            Provider::Anthropic
                if self.anthropic_api_key.is_none() && at(&self.anthropic_base_url, "api.anthropic.com") =>
            {
                Some("anthropic_api_key")
            }
            _ => None,
        }
    }

    /// Whether a limit of cost is set that nothing can reach.
    pub(super) fn costs_nothing(&self) -> bool {
        let usage = self.usage_settings();
        let free = Price::default();
        usage.cost_per_chatbot_day > Cost::ZERO && usage.input_price == free && usage.output_price == free
    }
}

/// Millionths. An amount above zero never becomes zero: that would turn the smallest limit into none.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the key's bounds are 0 and 10⁹, and the cast stops at the ends"
)]
fn micros(amount: f64) -> u64 {
    let micros = (amount * 1e6).round() as u64;
    if amount > 0.0 { micros.max(1) } else { micros }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UserId;
    use crate::domain::time::Timestamp;
    use crate::domain::usage::Usage;

    #[test]
    fn the_defaults_are_the_domains_defaults() {
        assert_eq!(Assistant::default().usage_settings(), UsageSettings::default());
    }

    #[test]
    fn money_becomes_millionths_and_a_small_limit_stays_one() {
        let with =
            |amount| Assistant { cost_per_chatbot_day: amount, output_price_per_million: 0.6, ..Assistant::default() };
        let cost = |amount: f64| with(amount).usage_settings().cost_per_chatbot_day;
        assert_eq!((cost(0.0), cost(12.34)), (Cost::ZERO, Cost::from_micros(12_340_000)));
        assert_eq!((cost(1e-9), cost(1e9)), (Cost::from_micros(1), Cost::from_micros(1_000_000_000_000_000)));
        assert_eq!(with(0.0).usage_settings().output_price, Price::from_micros_per_million(600_000));
    }

    #[test]
    fn the_limit_that_is_told_is_the_name_of_a_setting() {
        let tight = Assistant {
            turns_per_visitor_hour: 1,
            turns_per_chatbot_minute: 2,
            tokens_per_chatbot_day: 10,
            cost_per_chatbot_day: 1.0,
            output_price_per_million: 1_000_000.0,
            ..Assistant::default()
        };
        let now = Timestamp::from_millis(0);
        let ask = |usage: &mut Usage, visitor: &str| usage.admit(now, &UserId::from(visitor), None);
        let mut usage = Usage::new(tight.usage_settings());
        let mut told = Vec::new();
        ask(&mut usage, "a").unwrap();
        told.push(ask(&mut usage, "a").unwrap_err());
        ask(&mut usage, "b").unwrap();
        told.push(ask(&mut usage, "c").unwrap_err());
        let mut usage = Usage::new(tight.usage_settings());
        usage.spent(now, None, 0, 1);
        told.push(ask(&mut usage, "a").unwrap_err());
        usage.spent(now, None, 9, 0);
        told.push(ask(&mut usage, "a").unwrap_err());
        told.dedup();
        assert_eq!(told.len(), 4, "{told:?}");
        let names: Vec<String> = Assistant::KEYS.iter().map(|key| format!("assistant.{}", key.name)).collect();
        assert!(told.iter().all(|name| names.iter().any(|key| key == name)), "{told:?}");
    }
}
