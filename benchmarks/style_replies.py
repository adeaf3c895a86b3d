"""The replies the style check is measured on: in four languages, of any length, each with three things wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reply:
    """`calm` breaks none of the benchmark's rules; `wrong` ends a reply and breaks three: two words, two marks.

    `word` and `phrase` are what stands wrong in it, `greeting` and `thanks` what rules ask for.
    """

    calm: str
    wrong: str
    word: str
    phrase: str
    greeting: str
    thanks: str
    name: str

    def of(self, length: int) -> str:
        """About so many characters, the wrong ones at the end."""
        head = f"{self.greeting} {self.name}, {self.thanks}. "
        if length < len(head) + len(self.wrong):
            return self.wrong
        middle = " ".join([self.calm] * (length // len(self.calm) + 1))[: length - len(head) - len(self.wrong) - 1]
        return f"{head}{middle.rsplit('.', 1)[0]}. {self.wrong}" if "." in middle else f"{head}{self.wrong}"


REPLIES: Final[dict[str, Reply]] = {
    "en": Reply(
        "We are sorry that you have waited for two weeks and had to ask twice; that is our doing. A new card went out "
        "this morning by tracked post. If it is not with you soon, send us a private message with your postcode and "
        "we look into it at once. The fee for the late payment is back in your account.",
        "It was completely us, so a full refund!!",
        "completely",
        "full refund",
        "Hi",
        "thank you for writing to us",
        "Maria",
    ),
    "pl": Reply(
        "Bardzo nam przykro, że czekali Państwo dwa tygodnie i trzeba było pytać dwa razy; to nasza sprawa. Nowy klucz "
        "leży w recepcji od dziewiątej. Jeśli go tam nie ma, prosimy o wiadomość prywatną z nazwiskiem, a recepcja "
        "zajmie się tym od razu. Opłata za późny wyjazd wróciła na Państwa rachunek.",
        "Kompletnie nasza wina, pełny zwrot!!",
        "Kompletnie",
        "pełny zwrot",
        "Dzień dobry",
        "dziękujemy za wiadomość",
        "Maria",
    ),
    "pt": Reply(
        "Lamentamos muito que tenha esperado duas semanas e perguntado duas vezes; a falha foi nossa. O bolo novo saiu "
        "esta manhã da nossa cozinha. Se ainda não estiver consigo, mande-nos uma mensagem privada com a morada e "
        "tratamos logo disso. O valor do transporte já está de volta na sua conta.",
        "Foi obviamente nosso, reembolso total!!",
        "obviamente",
        "reembolso total",
        "Olá",
        "obrigada pela mensagem",
        "Maria",
    ),
    "es": Reply(
        "Sentimos mucho que haya esperado dos semanas y haya tenido que preguntar dos veces; el fallo es nuestro. La "
        "mesa nueva está lista desde esta mañana. Si no la encuentra, mándenos un mensaje privado con su nombre y lo "
        "miramos enseguida. El importe del envío está de vuelta en su cuenta.",
        "Fue obviamente nuestro, ¡reembolso total!!",
        "obviamente",
        "reembolso total",
        "Hola",
        "gracias por su mensaje",
        "Maria",
    ),
}
