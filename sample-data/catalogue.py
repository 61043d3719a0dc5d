"""What the bakery buys, bakes and sells, and who its customers may be: the fixed facts behind the sample data."""

from typing import NamedTuple


class Ingredient(NamedTuple):
    """A raw material; the cost is in cents per kilogram."""

    name: str
    cost: int
    supplier: str
    organic: bool
    stock: float


class Product(NamedTuple):
    """An article of the counter.

    The price is in cents, the recipe in grams per piece by ingredient, the nutrition per piece: kcal, then protein, carbohydrates
    and fat in grams. `demand` is how often it is asked for compared with the others.
    """

    sku: str
    name: str
    price: int
    demand: float
    nutrition: tuple[int, float, float, float]
    recipe: dict[str, float]
    allergens: tuple[str, ...]
    launched: str = "2024-03-01"


INGREDIENTS = (
    Ingredient("wheat flour", 98, "Moulin du Val", False, 640.0),
    Ingredient("wholemeal flour", 125, "Moulin du Val", True, 210.0),
    Ingredient("rye flour", 142, "Moulin du Val", True, 120.0),
    Ingredient("butter", 890, "Laiterie Hautbois", False, 96.5),
    Ingredient("milk", 105, "Laiterie Hautbois", False, 140.0),
    Ingredient("cream", 420, "Laiterie Hautbois", False, 38.0),
    Ingredient("eggs", 385, "Ferme des Quatre Vents", True, 61.2),
    Ingredient("sugar", 112, "Epicerie Centrale", False, 180.0),
    Ingredient("salt", 45, "Epicerie Centrale", False, 52.0),
    Ingredient("yeast", 520, "Epicerie Centrale", False, 14.8),
    Ingredient("dark chocolate", 1180, "Cacao & Fils", True, 33.4),
    Ingredient("almonds", 1340, "Epicerie Centrale", False, 21.0),
    Ingredient("hazelnuts", 1490, "Epicerie Centrale", False, 12.6),
    Ingredient("apples", 210, "Ferme des Quatre Vents", True, 74.0),
    Ingredient("lemons", 265, "Ferme des Quatre Vents", True, 28.5),
    Ingredient("raisins", 640, "Epicerie Centrale", False, 16.0),
    Ingredient("cinnamon", 2450, "Epicerie Centrale", True, 2.4),
    Ingredient("ham", 1090, "Charcuterie Roche", False, 24.0),
    Ingredient("cheese", 1260, "Laiterie Hautbois", False, 31.5),
    Ingredient("tomatoes", 295, "Ferme des Quatre Vents", True, 26.0),
    Ingredient("olive oil", 980, "Epicerie Centrale", True, 18.2),
    Ingredient("coffee beans", 1650, "Brûlerie du Port", True, 27.3),
    Ingredient("tea leaves", 3200, "Brûlerie du Port", True, 3.1),
    Ingredient("oranges", 190, "Ferme des Quatre Vents", True, 82.0),
)

CATEGORIES = {"BRD": "bread", "VIE": "viennoiserie", "PAS": "pastry", "SAV": "savoury", "DRI": "drink"}

PRODUCTS = (
    Product("BRD-001", "Baguette", 120, 14.0, (640, 21.0, 132.0, 2.5), {"wheat flour": 165, "salt": 3, "yeast": 2}, ("gluten",)),
    Product(
        "BRD-002",
        "Tradition baguette",
        145,
        16.0,
        (655, 22.5, 134.0, 2.6),
        {"wheat flour": 170, "salt": 3, "yeast": 1.5},
        ("gluten",),
    ),
    Product(
        "BRD-003",
        "Country sourdough",
        480,
        5.0,
        (1980, 66.0, 402.0, 9.0),
        {"wheat flour": 420, "rye flour": 90, "salt": 10},
        ("gluten",),
    ),
    Product(
        "BRD-004",
        "Rye loaf",
        520,
        2.5,
        (1790, 58.0, 366.0, 10.5),
        {"rye flour": 430, "wheat flour": 80, "salt": 10, "yeast": 3},
        ("gluten",),
    ),
    Product(
        "BRD-005",
        "Wholemeal loaf",
        430,
        3.5,
        (1720, 68.0, 330.0, 12.0),
        {"wholemeal flour": 450, "salt": 9, "yeast": 4},
        ("gluten",),
    ),
    Product(
        "BRD-006",
        "Olive oil focaccia",
        390,
        2.0,
        (980, 24.0, 148.0, 32.0),
        {"wheat flour": 220, "olive oil": 32, "tomatoes": 60, "salt": 5, "yeast": 3},
        ("gluten",),
    ),
    Product(
        "VIE-001",
        "Croissant",
        130,
        18.0,
        (270, 5.2, 28.5, 15.0),
        {"wheat flour": 34, "butter": 17, "milk": 11, "sugar": 4, "salt": 0.7, "yeast": 1.4},
        ("gluten", "milk"),
    ),
    Product(
        "VIE-002",
        "Pain au chocolat",
        150,
        14.0,
        (310, 5.9, 33.0, 17.0),
        {"wheat flour": 34, "butter": 17, "dark chocolate": 11, "milk": 11, "sugar": 4, "yeast": 1.4},
        ("gluten", "milk", "soy"),
    ),
    Product(
        "VIE-003",
        "Raisin swirl",
        190,
        5.0,
        (330, 6.1, 46.0, 13.5),
        {"wheat flour": 38, "butter": 14, "raisins": 22, "milk": 20, "eggs": 8, "sugar": 8},
        ("gluten", "milk", "egg"),
    ),
    Product(
        "VIE-004",
        "Apple turnover",
        220,
        4.0,
        (340, 4.2, 41.0, 17.5),
        {"wheat flour": 36, "butter": 20, "apples": 60, "sugar": 9},
        ("gluten", "milk"),
    ),
    Product(
        "VIE-005",
        "Cinnamon roll",
        240,
        4.5,
        (390, 6.4, 54.0, 16.0),
        {"wheat flour": 45, "butter": 18, "sugar": 18, "cinnamon": 2, "milk": 18, "yeast": 1.5},
        ("gluten", "milk"),
    ),
    Product(
        "VIE-006",
        "Almond croissant",
        260,
        3.5,
        (460, 9.8, 43.0, 27.5),
        {"wheat flour": 34, "butter": 24, "almonds": 20, "sugar": 14, "eggs": 10, "milk": 11},
        ("gluten", "milk", "egg", "nuts"),
    ),
    Product(
        "PAS-001",
        "Lemon tart",
        380,
        3.0,
        (410, 6.0, 48.0, 21.0),
        {"wheat flour": 40, "butter": 26, "lemons": 55, "eggs": 32, "sugar": 34},
        ("gluten", "milk", "egg"),
    ),
    Product(
        "PAS-002",
        "Chocolate éclair",
        350,
        4.0,
        (360, 6.8, 38.0, 20.0),
        {"wheat flour": 22, "butter": 18, "eggs": 30, "dark chocolate": 24, "cream": 38, "sugar": 14},
        ("gluten", "milk", "egg", "soy"),
    ),
    Product(
        "PAS-003",
        "Paris-Brest",
        450,
        1.5,
        (480, 8.9, 40.0, 32.0),
        {"wheat flour": 24, "butter": 30, "eggs": 30, "hazelnuts": 28, "cream": 34, "sugar": 20},
        ("gluten", "milk", "egg", "nuts"),
    ),
    Product(
        "PAS-004",
        "Apple tart slice",
        320,
        2.5,
        (290, 3.6, 42.0, 12.0),
        {"wheat flour": 34, "butter": 18, "apples": 95, "sugar": 14},
        ("gluten", "milk"),
    ),
    Product(
        "PAS-005",
        "Financier",
        180,
        2.5,
        (190, 3.9, 19.0, 11.0),
        {"wheat flour": 9, "butter": 14, "almonds": 13, "eggs": 14, "sugar": 15},
        ("gluten", "milk", "egg", "nuts"),
    ),
    Product(
        "SAV-001",
        "Ham and butter sandwich",
        490,
        6.0,
        (520, 24.0, 58.0, 21.0),
        {"wheat flour": 110, "butter": 16, "ham": 60, "salt": 2, "yeast": 1.2},
        ("gluten", "milk"),
    ),
    Product(
        "SAV-002",
        "Cheese and tomato sandwich",
        520,
        4.0,
        (510, 21.0, 60.0, 20.0),
        {"wheat flour": 110, "cheese": 55, "tomatoes": 50, "olive oil": 6, "yeast": 1.2},
        ("gluten", "milk"),
    ),
    Product(
        "SAV-003",
        "Quiche slice",
        460,
        3.0,
        (430, 14.0, 24.0, 31.0),
        {"wheat flour": 38, "butter": 22, "ham": 30, "cheese": 22, "eggs": 40, "cream": 45},
        ("gluten", "milk", "egg"),
    ),
    Product("DRI-001", "Espresso", 180, 9.0, (3, 0.2, 0.4, 0.0), {"coffee beans": 9}, ()),
    Product("DRI-002", "Café crème", 320, 8.0, (95, 5.0, 7.5, 4.9), {"coffee beans": 9, "milk": 140}, ("milk",)),
    Product("DRI-003", "Tea", 290, 3.0, (2, 0.0, 0.3, 0.0), {"tea leaves": 3}, ()),
    Product("DRI-004", "Fresh orange juice", 390, 3.0, (110, 1.7, 25.0, 0.5), {"oranges": 420}, (), "2026-05-15"),
)

FIRST_NAMES = """
Adèle Alice Amélie Anaïs Antoine Arthur Axel Baptiste Camille Céline Charlotte Chloé Clara Claire David Elena Élise Emma
Farid François Gabriel Hélène Hugo Inès Jade Jeanne Jonas Julien Karim Laura Léa Léon Louise Lucas Malik Manon Marius
Mathilde Mina Nadia Noé Olga Oscar Paul Pauline Quentin Raphaël Romane Rose Sacha Salomé Samir Simon Sofia Théo Valentin
Victor Yasmine Zoé
"""
LAST_NAMES = """
André Aubert Barbier Bernard Blanc Bonnet Boyer Brun Caron Chevalier Clément Colin Da-Silva David Denis Dubois Dumas Dupont
Durand Fabre Faure Fontaine Fournier Garcia Garnier Gauthier Girard Guérin Henry Jacquet Klein Lacroix Lambert Laurent Leroy
Lopez Marchand Martin Masson Mercier Meyer Michel Moreau Morel Nguyen Nicolas Perrin Petit Renard Richard Rivière Robin Roche
Roussel Roy Schmitt Simon Thomas Vidal Weber
"""
STREETS = (
    "rue du Four",
    "rue des Lilas",
    "place du Marché",
    "avenue de la Gare",
    "quai des Tanneurs",
    "rue Haute",
    "impasse du Moulin",
    "boulevard Voltaire",
)
TOWNS = (
    ("67000", "Strasbourg"),
    ("67100", "Strasbourg"),
    ("67200", "Strasbourg"),
    ("67300", "Schiltigheim"),
    ("67400", "Illkirch"),
)

DELIVERIES: dict[int, dict[str, dict[str, str]]] = {
    2: {"Laiterie Hautbois": {"butter": "25", "milk": "40", "cream": "10"}},
    3: {
        "Moulin du Val": {"wheat flour": "250", "rye flour": "50"},
        "Ferme des Quatre Vents": {"eggs": "15", "apples": "10.5", "tomatoes": "12", "oranges": "35"},
        "Charcuterie Roche": {"ham": "14.25"},
    },
    4: {"Laiterie Hautbois": {"butter": "25.5", "milk": "40", "cheese": "8"}, "Cacao & Fils": {"dark chocolate": "10"}},
    5: {
        "Epicerie Centrale": {"sugar": "25", "salt": "10", "yeast": "5", "almonds": "4", "raisins": "5", "olive oil": "3"},
        "Brûlerie du Port": {"coffee beans": "8", "tea leaves": "0.5"},
    },
    6: {
        "Moulin du Val": {"wheat flour": "250", "wholemeal flour": "25"},
        "Laiterie Hautbois": {"butter": "30", "milk": "45", "cream": "10"},
        "Charcuterie Roche": {"ham": "16.8"},
    },
    7: {"Ferme des Quatre Vents": {"eggs": "15", "lemons": "5.5", "tomatoes": "12", "oranges": "40"}},
    9: {
        "Laiterie Hautbois": {"butter": "25", "cheese": "7.5"},
        "Charcuterie Roche": {"ham": "12.4"},
    },
    10: {"Ferme des Quatre Vents": {"eggs": "15", "apples": "12"}},
}
"""What is delivered: kilograms of each ingredient, as the notes say them, by day of November and supplier."""

SUPPLIER_ACCOUNTS = {
    "Moulin du Val": "FR7699902010000000420010137",
    "Laiterie Hautbois": "FR7699902010000000420020274",
    "Ferme des Quatre Vents": "FR7699903700000000310030311",
    "Epicerie Centrale": "FR7699903700000000310040448",
    "Cacao & Fils": "BE68999007547034",
    "Charcuterie Roche": "FR7699904000000000520060522",
    "Brûlerie du Port": "FR7699904000000000520070659",
}

WASTE = {"apples": 9, "lemons": 6, "oranges": 5, "tomatoes": 8, "cream": 5, "milk": 4, "ham": 3, "butter": 2}
"""What goes bad, is spilt or eaten behind the counter: percents of what is used, at least; of all others one percent."""
