"""English passes in all its varieties, other languages stop the analysis."""

from __future__ import annotations

import subprocess
import sys

import pytest
from analyzer.errors import InputError
from analyzer.language import check_language, foreign_share
from analyzer.session import Session, Turn
from hypothesis import given
from hypothesis import strategies as st

SPANISH = """Hoy quiero que hablemos de lo que pasó el lunes en la escuela. No sé, mi mamá se enojó mucho conmigo porque
    no hice la tarea. ¿Y cómo te sentiste cuando ella te gritó? Me sentí muy triste, la verdad."""
FOREIGN = {
    "Spanish": SPANISH,
    "German": """Wie war denn die Woche für dich? Ach, eigentlich ganz gut, ich habe nur am Dienstag wieder Streit mit
        meinem Bruder gehabt. Was ist denn da genau passiert, magst du mir das erzählen?""",
    "French": """Alors, comment ça s'est passé avec les exercices cette semaine ? Je les ai faits trois fois, mais après
        j'ai oublié. Ce n'est pas grave, on va recommencer ensemble tranquillement.""",
    "Turkish": """Bugün kendini nasıl hissediyorsun? Biraz yorgunum çünkü dün gece çok geç yattım. Peki uyumadan önce
        neler yapıyordun, bana biraz anlatır mısın?""",
    "Polish": """Jak się dzisiaj czujesz? Trochę lepiej, ale nadal nie mogę spać w nocy. A co robisz, kiedy nie możesz
        zasnąć? Leżę i myślę o tym, co będzie jutro w pracy.""",
    "Hindi": """आज आप कैसा महसूस कर रहे हैं? थोड़ा ठीक हूँ लेकिन रात को नींद नहीं आती। जब नींद नहीं आती तब आप क्या
        करते हैं? मैं बस लेटा रहता हूँ और सोचता रहता हूँ।""",
    "Chinese": """你今天感觉怎么样？还可以，就是晚上睡不好。睡不着的时候你一般会做什么呢？
        我就躺着想明天工作上的事情，越想越睡不着。""",
}
ENGLISH = {
    "indian": """What happened yesterday only, tell me. Ma'am I was doing my homework and then my cousin brother came
        and he was telling that we will go out. You could not refuse him, isn't it? Yes ma'am, what to do.""",
    "scots": """Och I dinnae ken, it's just ma wee brother's aye greetin and ma mum says I've tae watch him. That
        sounds like a lot for you to carry, hen. Aye it is, I'm no wanting tae go hame efter school.""",
    "second language": """I am go to the hospital yesterday for my knee and doctor say me I must to do exercise each
        day. How it feels when you walk? It pain me little bit, more in morning when I am wake up.""",
    "baby talk": """Doggy go woof woof. Me want dat one. Wabbit hop hop hop. No no no, my choo choo. Uh oh, all gone.
        Mama look, boo boo. Yum yum nana. Bye bye teddy. You want the banana? Dat my nana.""",
    "speech drill": """sss sss sun. Sun. sss sip. Thip. Try again, sip. Sip! Good. sss soap. Thoap. Sock. Thock.
        Rrr rabbit. Wabbit. Red. Wed. Ring. Wing.""",
    "names": """Aoife Ní Bhriain, Saoirse, Siobhán. Hi Oluwaseun, hi Adaeze, hi Chukwuemeka, how are you, is Ngozi with
        you? Yes, Ngozi and Babajide are here, and Folasade too.""",
    "vernacular": """I ain't tryna do all that, he be actin like he my daddy or somethin. I'm finna go to my cousin
        crib, you feel me? Nah she don't never listen to nobody.""",
    "recogniser": """so what happened when you got home well he was on the sofa again and i just lost it you know i said
        things i shouldnt have and then i felt awful all night""",
    "with some Spanish": """So how was your weekend, mijo? It was okay, fuimos a la casa de mi abuela and then we
        watched a movie together. Oh nice, what did you watch? Una película de dragones, it was so funny. Did you
        practise your sounds with abuela? A little bit, but she said está bien, mañana.""",
}


def session(*texts: str) -> Session:
    return Session("s1", tuple(Turn(f"Speaker {i % 2}", text) for i, text in enumerate(texts)))


@pytest.mark.parametrize("language", FOREIGN)
def test_foreign_sessions_are_refused_by_name(language: str) -> None:
    with pytest.raises(InputError, match=language) as caught:
        check_language(session(FOREIGN[language]))
    assert "--force-language" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("variety", ENGLISH)
def test_english_of_all_kinds_passes_untouched(variety: str) -> None:
    once, long = session(ENGLISH[variety]), session(*[ENGLISH[variety]] * 12)
    assert check_language(once) == once
    assert check_language(long) == long


def test_force_goes_on_with_a_notice() -> None:
    forced = check_language(session(SPANISH), force=True)
    assert forced.turns == session(SPANISH).turns
    assert "Spanish" in forced.notices[0].text


def test_force_adds_nothing_to_english() -> None:
    assert check_language(session(ENGLISH["indian"]), force=True).notices == ()


def test_too_little_text_is_not_judged() -> None:
    assert foreign_share(session("Hola, ¿qué tal?")) is None
    fillers = "Mm-hmm. Uh-huh. Yeah. Um, I, uh, no. Mm. Okay. Right. Hmm. Er. Yeah, yeah. Hm. Okay, okay."
    assert foreign_share(session(*[fillers] * 30)) is None
    assert foreign_share(session()) is None


def test_the_majority_of_a_bilingual_session_decides() -> None:
    english = [ENGLISH["indian"], ENGLISH["vernacular"], ENGLISH["recogniser"]]
    assert check_language(session(*english, SPANISH)).notices == ()
    with pytest.raises(InputError, match="Spanish"):
        check_language(session(SPANISH, FOREIGN["Spanish"], SPANISH, ENGLISH["vernacular"]))


def test_what_comes_late_in_a_long_session_counts() -> None:
    with pytest.raises(InputError, match="German"):
        check_language(session(*[ENGLISH["recogniser"]] * 20, *[FOREIGN["German"]] * 40))


def test_another_script_is_not_english() -> None:
    amharic = "ዛሬ እንዴት ነህ ደህና ነኝ ግን ማታ እንቅልፍ አይወስደኝም እንቅልፍ ሳይወስድህ ምን ታደርጋለህ ስለ ነገ ሥራ አስባለሁ እናቴም ትጨነቃለች ይህ ከባድ ነው"
    with pytest.raises(InputError, match="Amharic"):
        check_language(session(amharic))


@given(st.lists(st.text(max_size=200), max_size=6))
def test_any_text_gets_a_share_between_nothing_and_all(texts: list[str]) -> None:
    found = foreign_share(session(*texts))
    assert found is None or 0.0 <= found[0] <= 1.0


def test_the_detector_is_loaded_only_when_needed() -> None:
    code = "import sys, analyzer.language; sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
