"""The sample catalog of a first start: what a small electronics shop might sell. Data only.

The first two products and the first order are those of the usual tutorial.
"""

# name, price, stock
CATEGORIES: dict[str, tuple[tuple[str, float, int], ...]] = {
    "Computers": (
        ("Laptop", 999.99, 10),
        ("Mini PC Ryzen 7", 549.00, 14),
        ("Gaming Laptop 16 inch", 1649.00, 6),
        ("All-in-One Desktop 27 inch", 1299.00, 5),
        ("Chromebook 14 inch", 329.99, 22),
        ("Workstation Tower", 2399.00, 3),
        ("Tablet 11 inch", 449.00, 31),
        ("E-Reader 7 inch", 179.99, 40),
    ),
    "Accessories": (
        ("Mouse", 29.99, 50),
        ("Mechanical Keyboard", 89.90, 35),
        ("Wireless Keyboard", 49.90, 60),
        ("Vertical Mouse", 39.95, 28),
        ("Trackball", 54.90, 17),
        ("Mouse Pad XL", 14.99, 120),
        ("Laptop Stand", 34.50, 44),
        ("Laptop Sleeve 14 inch", 24.99, 75),
        ("Webcam 1080p", 59.00, 38),
        ("Screen Cleaning Kit", 9.99, 200),
    ),
    "Monitors": (
        ("Monitor 24 inch Full HD", 139.00, 26),
        ("Monitor 27 inch QHD", 249.00, 19),
        ("Monitor 32 inch 4K", 429.00, 11),
        ("Ultrawide Monitor 34 inch", 479.99, 8),
        ("Portable Monitor 15 inch", 159.90, 21),
        ("Monitor Arm", 79.00, 33),
    ),
    "Audio": (
        ("Over-Ear Headphones", 199.00, 24),
        ("Noise Cancelling Earbuds", 149.00, 45),
        ("USB Microphone", 109.00, 16),
        ("Bluetooth Speaker", 69.95, 52),
        ("Soundbar", 189.00, 12),
        ("Studio Monitors, Pair", 289.00, 7),
        ("Gaming Headset", 79.90, 39),
        ("Audio Interface 2x2", 129.00, 13),
    ),
    "Storage": (
        ("SSD 1 TB NVMe", 84.90, 65),
        ("SSD 2 TB NVMe", 149.90, 42),
        ("Portable SSD 1 TB", 99.00, 37),
        ("Hard Disk 8 TB", 179.00, 20),
        ("USB Stick 128 GB", 15.99, 150),
        ("microSD Card 256 GB", 24.90, 110),
        ("NAS 2-Bay", 299.00, 9),
        ("Memory 32 GB DDR5", 104.90, 48),
    ),
    "Networking": (
        ("Wi-Fi 7 Router", 229.00, 15),
        ("Mesh System, Set of 3", 319.00, 8),
        ("Switch 8-Port 2.5G", 99.90, 23),
        ("Network Card 10G", 89.00, 12),
        ("Patch Cable 3 m", 6.49, 300),
        ("Powerline Adapter Set", 59.90, 18),
    ),
    "Cables": (
        ("USB-C Cable 2 m", 12.99, 250),
        ("HDMI Cable 3 m", 11.49, 180),
        ("DisplayPort Cable 2 m", 13.90, 140),
        ("Thunderbolt 4 Cable 1 m", 39.00, 58),
        ("USB-C Hub 7-in-1", 44.90, 70),
        ("Docking Station", 189.90, 16),
        ("Charger 65 W GaN", 34.90, 95),
        ("Power Strip, 6 Sockets", 19.99, 88),
    ),
    "Home Office": (
        ("Office Chair", 249.00, 9),
        ("Standing Desk 140 cm", 399.00, 4),
        ("Desk Lamp LED", 45.00, 27),
        ("Footrest", 32.90, 30),
        ("Label Printer", 64.90, 14),
        ("Laser Printer", 169.00, 10),
        ("Document Scanner", 219.00, 0),
        ("Whiteboard 90 x 60", 42.00, 19),
    ),
}

# id, email, name; the first may log in with the password "password"
USERS = (
    ("user_123", "user@example.com", "Alex Example"),
    ("user_124", "ada@example.com", "Ada Byron"),
    ("user_125", "grace@example.com", "Grace Murray"),
    ("user_126", "linus@example.com", "Linus Benedict"),
    ("user_127", "margaret@example.com", "Margaret Heafield"),
    ("user_128", "dennis@example.com", "Dennis MacAlistair"),
    ("user_129", "barbara@example.com", "Barbara Jane"),
    ("user_130", "edsger@example.com", "Edsger Wybe"),
)

FIRST_ORDER = ("user_123", ((1, 1), (2, 2)))  # one Laptop, two Mice: 1059.97
ORDERS = 30

ADJECTIVES = (
    *("Compact", "Silent", "Rugged", "Slim", "Modular", "Portable", "Classic", "Foldable", "Bright"),
    *("Fast", "Quiet", "Robust", "Wireless", "Ergonomic", "Magnetic", "Smart", "Dual", "Hybrid", "Solid"),
)
MAKERS = (
    *("Aurora", "Basalt", "Cobalt", "Delta", "Ember", "Fjord", "Granit", "Halden", "Iris", "Juniper"),
    *("Kestrel", "Lumen", "Meridian", "Nordic", "Onyx", "Pinion", "Quartz", "Ridge", "Sable", "Tundra"),
)
NOUNS = (
    *("Adapter", "Amplifier", "Battery", "Bracket", "Camera", "Case", "Charger", "Controller", "Dock"),
    *("Drive", "Enclosure", "Fan", "Hub", "Keyboard", "Lamp", "Monitor", "Mount", "Mouse", "Printer"),
    *("Projector", "Receiver", "Router", "Scanner", "Sensor", "Speaker", "Splitter", "Stand", "Switch"),
)
