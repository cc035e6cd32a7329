"""What is asked: notes, cards, the glossary and the index over them."""
