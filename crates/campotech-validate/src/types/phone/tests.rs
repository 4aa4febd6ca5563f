use super::*;

#[test]
fn spellings_of_one_mobile_are_one_number() {
    for text in [
        "+54 9 343 555 1212",
        "0343 15 555 1212",
        "0343 15-555-1212",
        "(0343) 15 5551212",
        "+5493435551212",
        "00 54 9 343 555 1212",
        "whatsapp:+5493435551212",
    ] {
        let phone: ArPhone = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(phone.as_str(), "+5493435551212", "{text}");
        assert!(phone.is_mobile());
    }
}

#[test]
fn fixed_lines_have_no_nine_and_compare_like_their_mobile() {
    let fixed: ArPhone = "011 8765-4321".parse().unwrap();
    let mobile: ArPhone = "011 15 8765-4321".parse().unwrap();
    assert_eq!((fixed.as_str(), mobile.as_str()), ("+541187654321", "+5491187654321"));
    assert!(!fixed.is_mobile());
    assert_eq!(fixed.comparison_key(), mobile.comparison_key());
    assert_eq!(format!("{mobile:?} {mobile:>16}"), "ArPhone(***21)   +5491187654321");
    assert_eq!(ArMobile::try_from(fixed).unwrap(), ArMobile::try_from(mobile).unwrap());
}

#[test]
fn other_numbers_have_their_kind() {
    for (text, e164, kind) in [
        ("0800 222 1234", "+548002221234", PhoneKind::TollFree),
        ("0800 222 12345", "+5480022212345", PhoneKind::TollFree),
        ("0810 222 1234", "+548102221234", PhoneKind::UniversalAccess),
        ("0600 222 1234", "+546002221234", PhoneKind::PremiumRate),
        ("+54 670 222 1234", "+546702221234", PhoneKind::FixedLine),
        ("+54 675 222 1234", "+546752221234", PhoneKind::Mobile),
    ] {
        let phone: ArPhone = text.parse().unwrap();
        assert_eq!((phone.as_str(), phone.kind()), (e164, kind), "{text}");
        assert_eq!(ArMobile::try_from(phone).unwrap_err().code().name, "phone.mobile_required", "{text}");
    }
}

#[test]
fn whatsapp_ids_become_mobiles() {
    let inbound = ArPhone::from_wa_id("5491187654321").unwrap();
    let outbound = ArPhone::from_wa_id("541187654321").unwrap();
    assert_eq!(inbound, outbound);
    assert_eq!(inbound.to_wa_inbound(), "5491187654321");
    assert_eq!(inbound.to_wa_outbound(), "541187654321");
    assert_eq!(inbound.wa_candidates(), ["5491187654321", "541187654321"]);
    assert_eq!(ArPhone::from_wa_id("5491187654321@s.whatsapp.net"), Ok(inbound));
    assert_eq!(ArPhone::from_wa_id("12025550123").unwrap_err().code().name, "phone.country");
    for bad in ["", "549", "+5491187654321", "54911876543210000", "549118765432a", "@c.us"] {
        assert!(ArPhone::from_wa_id(bad).is_err(), "{bad}");
    }
}

#[test]
fn whatsapp_ids_come_back_for_every_kind() {
    for (text, key, inbound) in [
        ("011 15 8765-4321", "1187654321", "5491187654321"),
        ("0800 222 1234", "8002221234", "548002221234"),
        ("0800 222 12345", "80022212345", "5480022212345"),
        ("0810 222 1234", "8102221234", "548102221234"),
        ("0600 222 1234", "6002221234", "546002221234"),
        ("+54 670 222 1234", "6702221234", "546702221234"),
        ("+54 675 222 1234", "6752221234", "546752221234"),
    ] {
        let phone: ArPhone = text.parse().unwrap();
        assert_eq!((phone.comparison_key(), &*phone.to_wa_inbound()), (key, inbound), "{text}");
        assert_eq!(phone.to_wa_outbound(), format!("54{key}"), "{text}");
        for id in phone.wa_candidates() {
            assert_eq!(ArPhone::from_wa_id(&id), Ok(phone), "{text}");
        }
        assert!(format!("{phone:?}").ends_with(&format!("(***{})", &key[key.len() - 2..])), "{text}");
    }
    // WhatsApp lives on mobiles: the line of ten digits comes back as the one that it is.
    let fixed: ArPhone = "011 8765-4321".parse().unwrap();
    for id in fixed.wa_candidates() {
        let mobile = ArPhone::from_wa_id(&id).unwrap();
        assert_eq!((mobile.as_str(), mobile.comparison_key()), ("+5491187654321", fixed.comparison_key()));
    }
}

#[test]
fn each_fault_has_its_code() {
    for (text, expected) in [
        ("", "phone.invalid"),
        ("11", "phone.short"),
        ("4321-1234", "phone.area"),
        ("15 5555 5555", "phone.unassigned"),
        ("+54 9 11 15 8765 4321", "phone.long"),
        ("+54 9 2982 11 1111", "phone.unassigned"),
        ("+1 202 555 0123", "phone.country"),
        ("teléfono", "phone.invalid"),
        ("7+54tel:;phone-context=+549.675", "phone.short"),
        ("tel:011 4321-12;phone-context=+54", "phone.short"),
        ("<b>011 4321-1234</b>", "phone.invalid"),
        ("011 4321-1234\r\nX: 1", "phone.invalid"),
        (&"1".repeat(250), "phone.long"),
        (&"1".repeat(251), "phone.long"),
        (&"\u{661}".repeat(250), "phone.long"),
    ] {
        assert_eq!(text.parse::<ArPhone>().unwrap_err().code().name, expected, "{text}");
    }
}

#[test]
fn mistakes_are_named_and_what_was_meant_is_offered() {
    for (text, hint) in [
        ("+54 9 11 15 8765 4321", PhoneRepair::NineAndFifteen),
        ("9 11 15 8765 4321", PhoneRepair::NineAndFifteen),
        ("+54 9 011 8765 4321", PhoneRepair::NineAndZero),
        ("+54 9 011 15 8765 4321", PhoneRepair::NineAndZero),
        ("15 11 8765 4321", PhoneRepair::FifteenFirst),
        ("0 15 11 8765 4321", PhoneRepair::FifteenFirst),
        ("011 54 9 11 8765 4321", PhoneRepair::ExitCode),
        ("5491187654321@s.whatsapp.net", PhoneRepair::WhatsAppAddress),
        ("541187654321@c.us", PhoneRepair::WhatsAppAddress),
    ] {
        let (meant, mistake) = ArPhone::repair(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((meant.as_str(), mistake), ("+5491187654321", hint), "{text}");
        let refused = text.parse::<ArPhone>().unwrap_err();
        assert_eq!(refused.params()["hint"], hint.as_str(), "{text}");
    }
    for text in [
        "",
        "011 8765 4321",
        "4321-1234",
        "+1 202 555 0123",
        "+90 11 8765 4321",
        "+54 9 11 15 8765 432",
        "1@c.us",
    ] {
        assert_eq!(ArPhone::repair(text), None, "{text}");
    }
}

#[test]
fn strict_takes_numbers_only() {
    for fine in [
        "+54 9 11 8765-4321",
        "(011) 8765.4321",
        " 011 8765/4321 ",
        "0054 11 8765 4321",
        "(0343) 15-555-1212",
        "+54 (9) 2966 - 42 - 34 - 56",
        "+(54) 11-8765-4321",
        "(011)-8765-4321",
    ] {
        assert_eq!(ArPhone::parse_strict(fine), fine.parse(), "{fine}");
        assert!(fine.parse::<ArPhone>().is_ok(), "{fine}");
    }
    for lax in [
        "++54 11 8765 4321",
        "+54 11 8765 4321 x5",
        "(011 8765 4321",
        "(0)(11) 8765 4321",
        "\u{ff10}11 8765 4321",
        "011 8765 4321-",
        "tel: 011 8765 4321",
        "0800 222 ABCD",
        "-1143211234",
        "///011--..4321 1234",
        "()01143211234",
        "011 4321--1234",
        "011 4321 - - 1234",
        "+-54 11 4321 1234",
        "(-011) 4321 1234",
        "011 4321 ()1234",
    ] {
        assert!(lax.parse::<ArPhone>().is_ok(), "{lax}");
        assert_eq!(ArPhone::parse_strict(lax).unwrap_err().code().name, "phone.invalid", "{lax}");
    }
}

#[test]
fn no_text_makes_it_panic_and_the_normal_form_is_a_fixed_point() {
    use proptest::prelude::*;
    proptest!(|(text in "(\\+|0|54|549|15|11|[0-9 ()x.-]|;phone-context=|;isub=|tel:|ext|@c.us|\\PC){0,24}")| {
        let _ = ArPhone::repair(&text);
        let _ = ArPhone::from_wa_id(&text);
        if let Ok(phone) = text.parse::<ArPhone>() {
            prop_assert_eq!(ArPhone::parse_strict(phone.as_str()), Ok(phone));
            let restored: ArPhone = serde_json::from_str(&serde_json::to_string(&phone).unwrap()).unwrap();
            prop_assert_eq!(restored, phone);
        }
        if let Ok(mobile) = text.parse::<ArMobile>() {
            prop_assert_eq!(ArMobile::parse_strict(mobile.as_str()), Ok(mobile));
        }
    });
}
