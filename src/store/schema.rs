//! The tables, once for both databases: only column types that mean the same in both.

diesel::table! {
    meta (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        role -> Text,
        name -> Text,
        email -> Nullable<Text>,
        created_at -> BigInt,
        disabled -> Bool,
    }
}

diesel::table! {
    credentials (user_id) {
        user_id -> Text,
        email -> Text,
        password_hash -> Text,
    }
}

diesel::table! {
    agents (id) {
        id -> Text,
        name -> Text,
        availability -> Text,
        reason -> Nullable<Text>,
        presence -> Text,
        grace_until -> Nullable<BigInt>,
        capacity_limit -> Integer,
        used_units -> Integer,
        held_units -> Integer,
        over_units -> Integer,
        skills -> Text,
        teams -> Text,
        missed_offers -> Integer,
        last_assigned_at -> Nullable<BigInt>,
        last_seen_at -> Nullable<BigInt>,
        status_since -> Nullable<BigInt>,
    }
}

diesel::table! {
    chatbots (id) {
        id -> Text,
        name -> Text,
        greeting -> Text,
        routing_mode -> Nullable<Text>,
        closed_policy -> Nullable<Text>,
        allowed_origins -> Text,
        time_zone -> Nullable<Text>,
        provider -> Nullable<Text>,
        model -> Nullable<Text>,
        prompt -> Text,
        knowledge_tags -> Text,
        hand_off -> Nullable<Text>,
        theme -> Nullable<Text>,
        pre_chat -> Text,
        languages -> Text,
        powered_by -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    business_hours (chatbot_id, weekday, from_minute) {
        chatbot_id -> Text,
        weekday -> Integer,
        from_minute -> Integer,
        to_minute -> Integer,
    }
}

diesel::table! {
    holidays (chatbot_id, place) {
        chatbot_id -> Text,
        place -> Integer,
        date -> Text,
        name -> Text,
        intervals -> Text,
    }
}

diesel::table! {
    conversations (id) {
        id -> Text,
        kind -> Text,
        status -> Text,
        handler -> Text,
        chatbot_id -> Nullable<Text>,
        customer_id -> Text,
        customer_name -> Text,
        subject -> Nullable<Text>,
        client_id -> Nullable<Text>,
        assigned_agent_id -> Nullable<Text>,
        escalation_requested -> Bool,
        escalation_reason -> Nullable<Text>,
        escalation_requested_at -> Nullable<BigInt>,
        escalated_at -> Nullable<BigInt>,
        assigned_at -> Nullable<BigInt>,
        first_response_at -> Nullable<BigInt>,
        closed_at -> Nullable<BigInt>,
        close_reason -> Nullable<Text>,
        priority -> Integer,
        skills -> Text,
        last_seq -> BigInt,
        last_note_seq -> BigInt,
        last_message_at -> BigInt,
        created_at -> BigInt,
        idle_warned_at -> Nullable<BigInt>,
        wrap_up_until -> Nullable<BigInt>,
        version -> BigInt,
        metadata -> Nullable<Text>,
    }
}

diesel::table! {
    participants (conversation_id, user_id) {
        conversation_id -> Text,
        user_id -> Text,
        role -> Text,
        name -> Text,
        last_read_seq -> BigInt,
        uncounted -> BigInt,
        activity_at -> Nullable<BigInt>,
        muted -> Bool,
        archived -> Bool,
        joined_at -> BigInt,
        left_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    messages (id) {
        id -> Text,
        conversation_id -> Text,
        seq -> BigInt,
        sender_id -> Nullable<Text>,
        sender_name -> Text,
        sender_role -> Text,
        kind -> Text,
        content -> Text,
        ai_generated -> Bool,
        client_id -> Nullable<Text>,
        reply_to -> Nullable<Text>,
        metadata -> Nullable<Text>,
        created_at -> BigInt,
        edited_at -> Nullable<BigInt>,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    notes (id) {
        id -> Text,
        conversation_id -> Text,
        note_seq -> BigInt,
        author_id -> Nullable<Text>,
        author_name -> Text,
        content -> Text,
        client_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    queue_entries (id) {
        id -> Text,
        conversation_id -> Text,
        status -> Text,
        queued_at -> BigInt,
        base_priority -> Integer,
        effective_priority -> Integer,
        skills -> Text,
        excluded -> Text,
        resets -> Integer,
        sticky_agent_id -> Nullable<Text>,
        sticky_until -> Nullable<BigInt>,
        age_at -> Nullable<BigInt>,
        relax_at -> Nullable<BigInt>,
        retry_at -> Nullable<BigInt>,
        max_wait_at -> Nullable<BigInt>,
        abandon_at -> Nullable<BigInt>,
        predicted_wait_s -> Nullable<BigInt>,
        predicted_p90_s -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    offers (id) {
        id -> Text,
        conversation_id -> Text,
        agent_id -> Text,
        from_agent_id -> Nullable<Text>,
        team -> Nullable<Text>,
        note -> Nullable<Text>,
        excluded -> Text,
        status -> Text,
        reason -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    assignments (id) {
        id -> Text,
        conversation_id -> Text,
        agent_id -> Text,
        assigned_at -> BigInt,
        manual -> Bool,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    decisions (id) {
        id -> Text,
        conversation_id -> Text,
        at -> BigInt,
        outcome -> Text,
        agent_id -> Nullable<Text>,
        candidates -> Text,
        candidates_left_out -> Integer,
        rule -> Integer,
        manual -> Bool,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    wait_samples (id) {
        id -> Text,
        conversation_id -> Text,
        queued_at -> BigInt,
        waited_ms -> BigInt,
        predicted_s -> Nullable<BigInt>,
        predicted_p90_s -> Nullable<BigInt>,
        outcome -> Text,
    }
}

diesel::table! {
    ratings (conversation_id) {
        conversation_id -> Text,
        user_id -> Text,
        score -> Integer,
        comment -> Nullable<Text>,
        at -> BigInt,
    }
}

diesel::table! {
    service_stats (id) {
        id -> Integer,
        served -> BigInt,
        holding_time_ewma_ms -> BigInt,
        abandoned -> BigInt,
        waited_total_ms -> BigInt,
        bias_ewma_permille -> BigInt,
        bias_samples -> BigInt,
        last_wait_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Text,
        login_id -> Text,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    revoked_logins (login_id) {
        login_id -> Text,
        until -> BigInt,
    }
}

diesel::table! {
    merged_users (user_id) {
        user_id -> Text,
        into_id -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    idempotency (user_id, key) {
        user_id -> Text,
        key -> Text,
        fingerprint -> Text,
        status -> Integer,
        body -> Text,
        at -> BigInt,
        holder -> Text,
    }
}

diesel::table! {
    canned_responses (id) {
        id -> Text,
        owner_id -> Text,
        shortcut -> Text,
        title -> Text,
        content -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    page_views (id) {
        id -> Text,
        conversation_id -> Text,
        url -> Text,
        title -> Nullable<Text>,
        at -> BigInt,
    }
}

diesel::table! {
    audit_log (id) {
        id -> Text,
        at -> BigInt,
        actor_id -> Nullable<Text>,
        actor_role -> Text,
        action -> Text,
        subject -> Text,
        details -> Nullable<Text>,
    }
}

diesel::table! {
    reactions (message_id, user_id, emoji) {
        message_id -> Text,
        user_id -> Text,
        emoji -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    blocks (user_id, blocked_id) {
        user_id -> Text,
        blocked_id -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    attachments (id) {
        id -> Text,
        owner_id -> Text,
        message_id -> Nullable<Text>,
        name -> Text,
        media_type -> Text,
        bytes -> BigInt,
        width -> Nullable<Integer>,
        height -> Nullable<Integer>,
        thumbnail -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    host_events (number) {
        number -> BigInt,
        id -> Text,
        audience -> Text,
        target -> Text,
        kind -> Text,
        data -> Text,
        priority -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    event_marks (user_id) {
        user_id -> Text,
        delivered -> BigInt,
        read_up_to -> BigInt,
    }
}

diesel::table! {
    event_reads (user_id, number) {
        user_id -> Text,
        number -> BigInt,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Text,
        url -> Text,
        description -> Nullable<Text>,
        events -> Text,
        secret -> Text,
        old_secrets -> Text,
        disabled -> Nullable<Text>,
        removed_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    webhook_deliveries (number) {
        number -> BigInt,
        id -> Text,
        webhook_id -> Text,
        event_id -> Text,
        event -> Text,
        conversation_id -> Nullable<Text>,
        body -> Text,
        state -> Text,
        tries -> Integer,
        asked -> Integer,
        due_at -> BigInt,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        last_at -> Nullable<BigInt>,
        last_took_ms -> Nullable<BigInt>,
        last_status -> Nullable<Integer>,
        last_error -> Nullable<Text>,
        last_excerpt -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    webhooks,
    webhook_deliveries,
    host_events,
    counters,
    event_marks,
    event_reads,
    meta,
    users,
    credentials,
    agents,
    chatbots,
    business_hours,
    holidays,
    conversations,
    participants,
    messages,
    notes,
    queue_entries,
    offers,
    assignments,
    decisions,
    wait_samples,
    ratings,
    service_stats,
    refresh_tokens,
    revoked_logins,
    idempotency,
    canned_responses,
    page_views,
    audit_log,
    merged_users,
    reactions,
    blocks,
    attachments
);
