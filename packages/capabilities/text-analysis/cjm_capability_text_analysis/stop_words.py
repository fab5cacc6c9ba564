"""The most frequent words of some languages: they tell the language, and they are no terms."""

from __future__ import annotations

from typing import Dict, FrozenSet

_LISTS = {
    "en": "the of and to a in is it that for on as with are this be by or an from at you not have has was will can if your which when use all we more other its they but do one may also been there these into any than no so what only about how their such out up some then would each our does should used using where must were had who them he she his her i me my because while same both between through over after before most just like see get set got via need needs make makes made want instead without within however therefore thus may might could should shall many much several way ways new old example examples following default",
    "de": "der die das und ist in den von zu mit nicht ein eine es auf für dem im sich des als auch werden aus er sie bei oder dass wird wie einer um am sind noch nach einem einen war haben nur zur über durch kann wenn mehr vor bis man aber ich wir ihr so zum unter sein diese dieser dieses können muss wurde hat",
    "fr": "le la les de des du et est un une en que qui dans pour sur pas au plus par avec ce se ne sont il elle ou cette mais on aux vous nous leur ses son sa être avoir ont été comme tout fait si peut même aussi sans entre ces je tu y",
    "es": "el la los las de que y en un una es se del por con para no al lo como más su sus pero o este esta son entre cuando muy sin sobre ser tiene también hasta hay donde quien desde todo nos durante estos esto ya fue ha si porque puede cada yo",
    "it": "il lo la i gli le di che e un una in è per non con del della dei delle da si al alla come più ma anche sono nel nella o questo questa su se ha ci essere hanno stato tutti loro quando dove molto senza tra fra può ogni io",
    "pt": "o a os as de que e em um uma é do da dos das no na para com não se por mais como mas ao ou seu sua são foi quando muito nos já está também só pelo pela até isso ela entre depois sem mesmo aos ser tem pode cada eu você",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als maar bij of uit door naar worden nog wel kan deze dit die wordt hebben heeft over zo meer moet geen ze je hij we was waar dan tot alle na onder ik",
    "sv": "och att det i en som är på för med den av till inte om ett men de har kan jag så var från eller när vi ska du man vid också alla mer efter utan detta sin nu dessa sig under över mot hade vara blir där",
    "da": "og at det i en som er på for med den af til ikke om et men de har kan jeg så var fra eller når vi skal du man ved også alle mere efter uden dette sin nu disse sig under over mod havde være bliver der",
    "pl": "i w na z do że się nie to jest o jak po co ale za od przez czy są dla już tylko przy może jego być ten tym tak lub oraz który która które ich gdy jeśli pod bez nad ma więc tego można bardzo także jako",
    "tr": "ve bir bu da de için ile çok daha olarak gibi kadar en olan ne var ise her değil ya ama sonra o mi ki şey ben biz onu bunu olduğu tarafından veya göre zaman iki ilk yok önce nasıl hem",
    "ru": "и в не на что с по это как а из у к за от так но для же то все или бы его если он они мы вы был быть при до есть может уже также только этот эта эти их её когда чтобы где можно без под о я",
}

STOP_WORDS: Dict[str, FrozenSet[str]] = {code: frozenset(words.split()) for code, words in _LISTS.items()}

# Words of markup and code that fill technical documents without being what they are about.
TECHNICAL_NOISE: FrozenSet[str] = frozenset("http https www com org html md js ts src href img png svg svgr e.g i.e true false null const let var return".split())
