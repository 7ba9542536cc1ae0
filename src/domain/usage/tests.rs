use proptest::prelude::*;

use super::*;

const TOKENS: &str = "assistant.tokens_per_chatbot_day";
const COST: &str = "assistant.cost_per_chatbot_day";
const PER_VISITOR: &str = "assistant.turns_per_visitor_hour";
const PER_CHATBOT: &str = "assistant.turns_per_chatbot_minute";

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + ms)
}

fn visitor(number: u32) -> UserId {
    format!("v{number}").into()
}

/// 0 = no chatbot.
fn chatbot(number: u32) -> Option<ChatbotId> {
    (number > 0).then(|| format!("c{number}").into())
}

#[derive(Clone, Copy, Debug)]
struct Ask {
    after_ms: i64,
    visitor: u32,
    chatbot: u32,
    tokens: (u64, u64),
}

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let after = prop_oneof![4 => 0..30_000_i64, 3 => 0..3_600_001_i64, 1 => 0..50_000_000_i64, 1 => Just(60_000)];
    let ask = (after, 0..4_u32, 0..3_u32, (0..50_u64, 0..50_u64));
    let ask = ask.prop_map(|(after_ms, visitor, chatbot, tokens)| Ask { after_ms, visitor, chatbot, tokens });
    proptest::collection::vec(ask, 0..150)
}

fn settings(visitor: u32, chatbot: u32, tokens: u64, cost_micros: u64) -> UsageSettings {
    UsageSettings {
        turns_per_visitor_hour: visitor,
        turns_per_chatbot_minute: chatbot,
        tokens_per_chatbot_day: tokens,
        input_price: Price::from_micros_per_million(2_000_000),
        output_price: Price::from_micros_per_million(3_500_000),
        cost_per_chatbot_day: Cost::from_micros(cost_micros),
    }
}

/// What was let through, kept without any cleverness.
#[derive(Default)]
struct Log(Vec<(i64, Ask)>);

impl Log {
    fn within(&self, now: i64, span: i64) -> impl Iterator<Item = &Ask> {
        self.0.iter().filter(move |(then, _)| now - then < span).map(|(_, ask)| ask)
    }

    fn spent(&self, now: i64, span: i64, chatbot: u32, settings: &UsageSettings) -> (u64, Cost) {
        let of = self.within(now, span).filter(|ask| ask.chatbot == chatbot);
        of.fold((0, Cost::ZERO), |(tokens, cost), ask| {
            let (input, output) = ask.tokens;
            (tokens + input + output, cost + settings.cost(input, output))
        })
    }
}

proptest! {
    #[test]
    fn every_window_keeps_to_its_limit_and_nothing_is_refused_without_need(
        asks in asks(), per_visitor in 0..5_u32, per_chatbot in 0..6_u32, tokens in 0..400_u64, cost in 0..800_u64,
    ) {
        let settings = settings(per_visitor, per_chatbot, tokens, cost);
        let mut usage = Usage::new(settings);
        let (mut log, mut now) = (Log::default(), 0);
        for ask in asks {
            now += ask.after_ms;
            let bot = chatbot(ask.chatbot);
            let by_visitor = log.within(now, HOUR.get()).filter(|other| other.visitor == ask.visitor).count();
            let by_chatbot = log.within(now, MINUTE.get()).filter(|other| other.chatbot == ask.chatbot).count();
            let day = log.spent(now, DAY.get(), ask.chatbot, &settings);
            let longer = log.spent(now, DAY.get() + SPAN_MS, ask.chatbot, &settings);
            let full = |count: usize, limit: u32| limit > 0 && count >= usize::try_from(limit).unwrap();
            let found = usage.admit(at(now), &visitor(ask.visitor), bot.as_ref());
            prop_assert_eq!(found == Err(PER_VISITOR), full(by_visitor, per_visitor));
            if found == Err(PER_VISITOR) {
                continue;
            }
            prop_assert_eq!(found == Err(PER_CHATBOT), full(by_chatbot, per_chatbot));
            match found {
                Ok(()) => {
                    prop_assert!(tokens == 0 || day.0 < tokens);
                    prop_assert!(cost == 0 || day.1 < Cost::from_micros(cost));
                    let told = usage.spent(at(now), bot.as_ref(), ask.tokens.0, ask.tokens.1);
                    prop_assert_eq!(told, settings.cost(ask.tokens.0, ask.tokens.1));
                    log.0.push((now, ask));
                }
                Err(TOKENS) => prop_assert!(tokens > 0 && longer.0 >= tokens),
                Err(COST) => prop_assert!(cost > 0 && longer.1 >= Cost::from_micros(cost)),
                Err(other) => prop_assert_eq!(other, PER_CHATBOT),
            }
        }
    }

    #[test]
    fn the_limit_of_one_hurts_nobody_else(asks in asks(), per_visitor in 1..4_u32, tokens in 1..200_u64) {
        let verdicts = |settings, keep: &dyn Fn(&Ask) -> bool, of: &dyn Fn(&Ask) -> bool| {
            let mut usage = Usage::new(settings);
            let mut now = 0;
            let mut found = Vec::new();
            for ask in &asks {
                now += ask.after_ms;
                if !keep(ask) {
                    continue;
                }
                let bot = chatbot(ask.chatbot);
                let verdict = usage.admit(at(now), &visitor(ask.visitor), bot.as_ref());
                if verdict.is_ok() {
                    usage.spent(at(now), bot.as_ref(), ask.tokens.0, ask.tokens.1);
                }
                if of(ask) {
                    found.push(verdict);
                }
            }
            found
        };
        let all = |_: &Ask| true;
        let mine = |ask: &Ask| ask.visitor == 1;
        let only_visitors = settings(per_visitor, 0, 0, 0);
        prop_assert_eq!(verdicts(only_visitors, &all, &mine), verdicts(only_visitors, &mine, &mine));
        let ours = |ask: &Ask| ask.chatbot == 1;
        let only_chatbots = settings(0, 2, tokens, 300);
        prop_assert_eq!(verdicts(only_chatbots, &all, &ours), verdicts(only_chatbots, &ours, &ours));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_is_forgotten_first(visitors in proptest::collection::vec(0..20_u32, 1..80)) {
        let mut usage = Usage::new(settings(1_000, 0, 0, 0));
        usage.visitors = Recent::new(6);
        let mut order: Vec<UserId> = Vec::new();
        for (now, number) in (0..).zip(visitors) {
            prop_assert_eq!(usage.admit(at(now), &visitor(number), None), Ok(()));
            order.retain(|other| *other != visitor(number));
            order.push(visitor(number));
            order = order.split_off(order.len().saturating_sub(6));
            prop_assert_eq!(usage.visitors.keys(), order.iter().collect::<Vec<_>>());
        }
        usage.admit(at(HOUR.get() + 100), &visitor(99), None).unwrap();
        let late = visitor(99);
        prop_assert_eq!(usage.visitors.keys(), vec![&late]);
    }
}

#[test]
fn more_visitors_than_are_remembered_do_not_take_more_memory() {
    let mut usage = Usage::new(UsageSettings::default());
    let (first, more) = (u32::try_from(MAX_VISITORS).unwrap(), 500);
    for number in 0..first + more {
        // A minute's turns of the one chatbot are not the matter here.
        let bot = chatbot(number % 300 + 1);
        usage.admit(at(i64::from(number / 10)), &visitor(number), bot.as_ref()).unwrap();
    }
    let kept = usage.visitors.keys();
    assert_eq!((kept.len(), kept.first()), (MAX_VISITORS, Some(&&visitor(more))));
}

#[test]
fn a_refused_turn_counts_for_no_limit() {
    let mut usage = Usage::new(settings(2, 1, 0, 0));
    let bot = chatbot(1);
    assert_eq!(usage.admit(at(0), &visitor(1), bot.as_ref()), Ok(()));
    for _ in 0..10 {
        assert_eq!(usage.admit(at(1), &visitor(1), bot.as_ref()), Err(PER_CHATBOT));
    }
    // The ten cost the visitor nothing, and the chatbot is free after its minute.
    assert_eq!(usage.admit(at(59_999), &visitor(1), bot.as_ref()), Err(PER_CHATBOT));
    assert_eq!(usage.admit(at(60_000), &visitor(1), bot.as_ref()), Ok(()));
    assert_eq!(usage.admit(at(120_000), &visitor(1), bot.as_ref()), Err(PER_VISITOR));
    assert_eq!(usage.admit(at(120_000), &visitor(2), bot.as_ref()), Ok(()));
}

#[test]
fn a_clock_that_is_set_back_frees_nobody() {
    let mut usage = Usage::new(settings(2, 0, 10, 0));
    let bot = chatbot(1);
    assert_eq!(usage.admit(at(1_000_000), &visitor(1), None), Ok(()));
    assert_eq!(usage.admit(at(0), &visitor(1), None), Ok(()));
    usage.spent(at(1_000_000), bot.as_ref(), 5, 0);
    usage.spent(at(0), bot.as_ref(), 5, 0);
    assert_eq!(usage.admit(at(HOUR.get()), &visitor(1), None), Err(PER_VISITOR));
    assert_eq!(usage.admit(at(DAY.get()), &visitor(2), bot.as_ref()), Err(TOKENS));
    assert_eq!(usage.admit(at(HOUR.get() + 1_000_000), &visitor(1), None), Ok(()));
}

#[test]
fn prices_are_for_a_million_tokens_and_sums_are_exact() {
    // 0.15 and 0.60 of the currency for a million tokens.
    let settings = UsageSettings {
        input_price: Price::from_micros_per_million(150_000),
        output_price: Price::from_micros_per_million(600_000),
        ..UsageSettings::default()
    };
    assert_eq!(settings.cost(1_000_000, 0), Cost::from_micros(150_000));
    assert_eq!(settings.cost(1, 1).as_picos(), 750_000);
    assert!((settings.cost(2_000_000, 1_000_000).as_units() - 0.9).abs() < 1e-12);
    let dearest = Price::from_micros_per_million(u64::MAX).of(u64::MAX);
    assert_eq!((dearest + dearest + dearest).as_picos(), u128::MAX);
}

fn record(outcome: TurnOutcome, first: Option<i64>, whole: i64) -> TurnRecord {
    TurnRecord {
        outcome,
        input_tokens: 10,
        output_tokens: 3,
        cost: Cost::from_micros(7),
        first_delta: first.map(Millis::new),
        whole: Millis::new(whole),
    }
}

#[test]
fn turns_are_counted_for_each_provider_by_how_they_ended() {
    let mut counters = Counters::default();
    counters.record("openai", &record(TurnOutcome::Answered, Some(5), 31_000));
    counters.record("openai", &record(TurnOutcome::HandedOff, Some(6), 1_000));
    counters.record("openai", &record(TurnOutcome::Failed("turn"), None, 30_000));
    counters.record("openai", &record(TurnOutcome::Failed("turn"), None, 0));
    counters.record("openai", &record(TurnOutcome::Failed("empty"), None, -4));
    counters.record("openai", &record(TurnOutcome::Dropped, Some(0), 77));
    counters.record("knowledge", &record(TurnOutcome::Answered, None, 2));
    let found = counters.snapshot();
    let openai = &found["openai"];
    assert_eq!((openai.turns, openai.answered, openai.hand_offs, openai.dropped), (6, 1, 1, 1));
    assert_eq!(openai.failures, [("empty", 1), ("turn", 2)].into());
    assert_eq!((openai.input_tokens, openai.output_tokens, openai.cost), (60, 18, Cost::from_micros(42)));
    let first = &openai.first_delta;
    assert_eq!((first.count, first.sum_ms, &first.buckets[..3]), (3, 11, &[2, 1, 0][..]));
    let whole = &openai.whole;
    assert_eq!((whole.count, whole.sum_ms), (5, 62_000));
    assert_eq!(whole.buckets, [2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1]);
    assert_eq!(found["knowledge"].turns, 1);
}

#[test]
fn a_percentile_is_the_bound_of_its_bucket_and_never_too_small() {
    let mut times = Histogram::default();
    assert_eq!((times.percentile(50), times.percentile(99)), (None, None));
    for took in [1, 2, 6, 40_000] {
        times.record(Millis::new(took));
    }
    let found = [0, 1, 50, 51, 75, 76, 99, 100].map(|percent| times.percentile(percent).map(Millis::get));
    assert_eq!(found, [Some(5), Some(5), Some(5), Some(10), Some(10), None, None, None]);
}

#[test]
fn providers_without_end_are_counted_together() {
    let mut counters = Counters::default();
    for number in 0..1_000 {
        counters.record(&format!("p{number}"), &record(TurnOutcome::Answered, None, 1));
    }
    let found = counters.snapshot();
    assert_eq!((found.len(), found["other"].turns), (65, 1_000 - 64));
    assert_eq!(found.values().map(|one| one.turns).sum::<u64>(), 1_000);
}
