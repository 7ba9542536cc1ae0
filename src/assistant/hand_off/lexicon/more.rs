//! Polish, Turkish, Arabic and Swedish.

use super::{Lexicon, Order, Part};

pub(super) const POLISH: Lexicon = Lexicon {
    language: "pl",
    order: Order::VerbFirst,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "zasoby ludzkie, prawa czlowieka, blad ludzki, agent nieruchomosci, agentem nieruchomosci, agent ubezpieczeniow*, na osobe, \
             nasi konsultanci, moi konsultanci, naszych agentow, moich agentow, na agenta",
        ),
        (
            Part::Deny,
            "czy jestes, jestes, czy pan jest, czy rozmawiam, rozmawiam z, ilu, ile, co to jest, co widzi, co moze, jak dlugo, \
             co sie stanie, kiedy, roznica miedzy, jestem, dziekuje za, wczoraj",
        ),
        (
            Part::Whole,
            "jest tu ktos, jest tam ktos, czy jest tam ktos, ktos zywy, czy ktos moze mi pomoc, ktos moze mi pomoc, prosze mnie polaczyc, polacz mnie, polaczcie mnie, \
             prosze o polaczenie, prosze o kontakt, zadzwoncie do mnie, nie z botem, nie z robotem, nie bot",
        ),
        (Part::How, "jak dodac, jak zaprosic, jak utworzyc, czy potrzebuje"),
        (Part::Not, "nie, bez, nigdy, ani, zadnego, zamiast"),
        (
            Part::Human,
            "czlowiek*, ludzmi, zywa osoba, zywa osobe, zywy czlowiek, prawdziwa osoba, prawdziwa osobe, prawdziwym czlowiekiem, zywym czlowiekiem, zywym konsultantem",
        ),
        (
            Part::Role,
            "konsultant, konsultanta, konsultantem, konsultantka, konsultantke, agent, agenta, agentem, agentka, doradca, doradca, doradcy, doradce, pracownik, pracownika, \
             pracownikiem, operator, operatora, operatorem, przedstawiciel, przedstawiciela, przedstawicielem, osoba, osobe, obsluga klienta, obsluge klienta, obslugi klienta, \
             biuro obslugi, biurem obslugi, bok, kierownik, kierownika, kierownikiem, supportem, pomoca techniczna, specjalista, specjaliste, infolinia, infolinie",
        ),
        (Part::Anyone, "ktos, kims, kogos, osobami, zespolem"),
        (
            Part::Speak,
            "rozmawiac, porozmawiac, pogadac, gadac, rozmowa, rozmowe, rozmowy, mowic, pomowic, skontaktowac, kontakt, kontaktu, czatowac, pisac, popisac",
        ),
        (
            Part::Want,
            "chce, chcialbym, chcialabym, potrzebuje, prosze, poprosze, wole, wolalbym, zadam, chcemy, dajcie, daj, szukam",
        ),
        (
            Part::Pass,
            "polacz, polaczyc, polaczcie, przelacz, przelaczyc, przelaczcie, przekaz, przekazac, przekieruj, przekierowac, polaczenie",
        ),
        (Part::Own, "ja, mnie, mi, my, nas"),
        (Part::Other, "klienci, klient, uzytkownicy, uzytkownik, oni, goscie, bot"),
        (Part::Towards, "z, ze, do, na, o"),
        (Part::Before, "nowego, nowy, kazdego, kazdy"),
        (Part::After, "nieruchomosci, rola, konto, licencja, haslo, nazwa, status, panel"),
        (Part::Apart, "jako, jak, bo, poniewaz, kiedy, jesli, dodac, zaprosic, usunac, jest"),
        (
            Part::Filler,
            "zywym, zywy, zywa, prawdziwym, prawdziwy, prawdziwego, prawdziwa, czy, moge, mozna, mozesz, mozecie, moglbym, moglabym, jakims, jakas, jakiegos, sie, \
             teraz, natychmiast, zaraz, juz, wreszcie, po prostu, tylko, naprawde, raczej, i, w, to, mam, prosze bardzo, dzien dobry, czesc, hej, dziekuje, tak, ok, \
             waszym, wasz, panstwa, pilnie, szybko, telefonicznie, przez telefon, innym, kompetentnym, bezposrednio, jest mozliwosc, mozliwosc, by, zeby, pomoc, bot",
        ),
    ],
};

pub(super) const TURKISH: Lexicon = Lexicon {
    language: "tr",
    order: Order::Free,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "insan kaynaklari*, insan haklari*, insan hatasi, seyahat acente*, emlak danismani, emlak temsilci*, kisi basi, kisi basina, \
             temsilcilerimiz*, temsilcilerim*, musteri hizmetlerimiz*, insan gibi, temsilci basina",
        ),
        (
            Part::Deny,
            "insan misin, insan misiniz, robot musun, insanla mi, kac, kac tane, nedir, ne gorur, ne kadar, ne zaman, ne olur, arasindaki fark, temsilciyim, dun",
        ),
        (
            Part::Whole,
            "kimse var mi, orada biri var mi, biri bana yardim, biri yardim edebilir mi, beni arayin, beni bagla, beni baglayin, \
             bot istemiyorum, robot istemiyorum, robotla konusmak istemiyorum, botla konusmak istemiyorum, insan var mi",
        ),
        (Part::How, "nasil ekle*, nasil davet*, nasil olustur*"),
        (
            Part::Not,
            "istemiyorum, istemem, istemiyoruz, degil, gerek yok, gerekmiyor, olmadan, konusmadan, baglanmadan, gorusmeden, yerine, lazim degil, hayir",
        ),
        (
            Part::Human,
            "insan, insana, insanla, bir insan, gercek kisi, gercek biri, gercek biriyle, gercek bir kisi*, canli destek*, canli temsilci*, gercek bir insan*, gercek insan*",
        ),
        (
            Part::Role,
            "temsilci, temsilciye, temsilciyle, temsilcisi, temsilcisine, temsilcisiyle, musteri temsilci*, musteri hizmetleri, musteri hizmetlerine, \
             musteri hizmetleriyle, yetkili, yetkiliye, yetkiliyle, operator, operatore, operatorle, danisman, danismana, danismanla, gorevli, gorevliyle, \
             gorevliye, destek ekibi*, calisan, calisanla, uzman, uzmanla, mudur, mudurle",
        ),
        (Part::Anyone, "biri, biriyle, birine, birisi, birisiyle, birisine, kisi, kisiyle, kisiye, ekiple"),
        (
            Part::Speak,
            "konusmak, konusabilir*, konusayim, konusmam, gorusmek, gorusebilir*, gorusmem, iletisim*, yazismak, sohbet, ulasmak, ulasabilir*",
        ),
        (
            Part::Want,
            "istiyorum, isterim, istiyoruz, lazim, gerekiyor, gerek, ihtiyacim, rica, talep, verin, ver, olsun",
        ),
        (
            Part::Pass,
            "baglan*, bagla, baglayin, baglar, baglayabilir*, aktar, aktarin, aktarir, aktarabilir*, yonlendir*, devret*, gecir*",
        ),
        (Part::Own, "ben, beni, bana, bizi, biz, bize"),
        (Part::Other, "musteriler, musteri nasil, ziyaretciler, kullanicilar, bot"),
        (Part::Towards, "ile, icin"),
        (Part::Before, "yeni, her, seyahat, emlak"),
        (Part::After, "hesabi, rolu, lisansi, adi, sifresi, paneli, durumu, ekle*, sayisi, limiti, ekleyebilir*"),
        (Part::Apart, "hakkinda, gibi, cunku, eger, ekle*, davet, sil"),
        (
            Part::Filler,
            "bir, gercek, canli, lutfen, hemen, simdi, acil, acilen, sadece, artik, mi, mu, mı, misin, misiniz, miyim, musunuz, musun, da, de, direkt, dogrudan, \
             merhaba, selam, evet, tamam, tesekkurler, sizin, sizden, bu, su, o, ya, hic, telefonla, telefonda, yardim, destek, musteri, ve, yetkili bir, ediyorum, baska, hizmetleri, olan, var, bot",
        ),
    ],
};

pub(super) const ARABIC: Lexicon = Lexicon {
    language: "ar",
    order: Order::VerbFirst,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "الموارد البشرية, موارد بشرية, حقوق الانسان, خطا بشري, وكيل سفر, وكيل سفريات, وكيل عقارات, وكيل عقاري, لكل شخص, موظفينا, موظفيي, فريقنا",
        ),
        (
            Part::Deny,
            "هل انت, انت, هل اتحدث, كم عدد, كم, ما هو, ماذا يرى, ماذا يحدث, متى, الفرق بين, انا موظف, شكرا على, امس",
        ),
        (
            Part::Whole,
            "هل يوجد احد, في احد هنا, هل من احد, هل يوجد شخص, هل يوجد موظف, اتصلوا بي, حولني, حولوني, وصلني, وصلوني, لا اريد روبوت, لا اريد التحدث مع روبوت, لا اريد بوت, ممكن احد يساعدني, هل يمكن لاحد مساعدتي",
        ),
        (Part::How, "كيف اضيف, كيف ادعو, كيف انشئ"),
        (Part::Not, "لا, ما, مش, مو, ليس, لست, بدون, دون, ولا, لم, لن, بدلا"),
        (
            Part::Human,
            "انسان, انسانا, بانسان, الانسان, بشري, بشر, بشرا, البشر, شخص حقيقي, شخصا حقيقيا, بشخص حقيقي, موظف حقيقي, موظف بشري, ممثل بشري, وكيل بشري, عميل بشري, شخص بشري, انسان حقيقي",
        ),
        (
            Part::Role,
            "موظف, موظفا, موظفة, الموظف, بموظف, لموظف, الموظفين, ممثل, ممثلا, بممثل, ممثل خدمة العملاء, خدمة العملاء, بخدمة العملاء, لخدمة العملاء, خدمة الزبائن, مندوب, بمندوب, مندوبا, \
             وكيل, وكيلا, بوكيل, شخص, شخصا, بشخص, لشخص, مسؤول, مسوول, المسؤول, مدير, المدير, مشرف, الدعم, الدعم الفني, بالدعم, فريق الدعم, بفريق الدعم, مستشار",
        ),
        (Part::Anyone, "احد, احدا, حد, احدهم, باحد, موظفين, الفريق"),
        (
            Part::Speak,
            "اتحدث, التحدث, تحدث, اتكلم, التكلم, احكي, اكلم, اتواصل, التواصل, تواصل, محادثة, الحديث, كلام, التحدت, اتصل, الاتصال, للتحدث",
        ),
        (Part::Want, "اريد, ارید, ابي, ابغى, ابغي, عايز, عاوز, بدي, احتاج, محتاج, اود, ارغب, اطلب, نريد, افضل"),
        (
            Part::Pass,
            "حولني, حول, تحويلي, تحويل, حولوني, وصلني, وصلوني, اوصلني, توصيلي, ربطي, اعطني, اعطوني, تحولني, توصلني",
        ),
        (Part::Own, "انا, لي, ني, بي"),
        (Part::Other, "العملاء, الزوار, المستخدمين, العميل, هم, البوت"),
        (Part::Towards, "مع, الى, الي, ل, ب, علي, على"),
        (Part::Before, "لكل, كل, جديد"),
        (Part::After, "جديد, سفر, سفريات, عقارات, عقاري, حساب, دور, رخصة, كلمة"),
        (Part::Apart, "عن, حول موضوع, مثل, لان, عندما, اذا, اضافة, دعوة, كان"),
        (
            Part::Filler,
            "من فضلك, لو سمحت, لو سمحتم, رجاء, ارجوك, الان, فورا, حالا, حقيقي, حقيقيا, حقيقية, هل, ممكن, يمكنني, يمكن, استطيع, اقدر, ان, من, في, فقط, مباشرة, بسرعة, \
             احد موظفي, اي, واحد, هذا, مرحبا, السلام عليكم, نعم, شكرا, طيب, الدردشة, عندكم, لديكم, وليس, الهاتف, ضروري, يا, بس, اذا سمحت, و, خدمة, روبوت, بوت, يتكلم",
        ),
    ],
};

pub(super) const SWEDISH: Lexicon = Lexicon {
    language: "sv",
    order: Order::VerbFirst,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "manskliga rattigheter, per person, i egen person, var kundtjanst, vara medarbetare, mina medarbetare, den manskliga faktorn",
        ),
        (
            Part::Deny,
            "ar du, pratar jag, hur manga, vad ar en, vad ser, hur lange, skillnaden mellan, jag ar, tack for, igar, nar",
        ),
        (
            Part::Whole,
            "ar det nagon dar, finns det nagon, kan nagon hjalpa mig, ring mig, koppla mig, inte en robot, inte en bot, inte med en robot",
        ),
        (Part::How, "hur lagger jag, hur bjuder jag, behover jag"),
        (Part::Not, "inte, utan, ingen, inget, aldrig, istallet for"),
        (
            Part::Human,
            "manniska, en riktig person, riktig person, riktig manniska, mansklig*, levande person, handlaggare",
        ),
        (
            Part::Role,
            "agent, kundtjanst, medarbetare, person, operator, radgivare, chef, representant, support, supporten, kundservice",
        ),
        (Part::Anyone, "nagon, folk, personal"),
        (Part::Speak, "prata, snacka, tala, chatta, kontakta, kontakt"),
        (Part::Want, "vill, behover, onskar, skulle vilja, begar, foredrar, ha"),
        (Part::Pass, "koppla, kopplas, overfor, ge, skicka"),
        (Part::Own, "jag, mig, oss, vi"),
        (Part::Other, "kunder, kunden, besokare, anvandare, de, han, hon, bot"),
        (Part::Towards, "med, till, vidare"),
        (Part::Before, "ny, varje, extra"),
        (Part::After, "konto, roll, licens, namn, status, losenord, till i, i bokningen, pa bokningen"),
        (Part::Apart, "om, som en, eftersom, lagga till, bjuda in, ar"),
        (
            Part::Filler,
            "en, ett, den, det, tack, snalla, nu, genast, bara, verkligen, riktig, levande, kan, far, skulle, gar det att, att, fa, er, hej, ja, ok, garna, \
             hellre, direkt, pa telefon, i, fran, istallet, och, annan, kompetent, helst, ni, du, finns, dar, har",
        ),
    ],
};
