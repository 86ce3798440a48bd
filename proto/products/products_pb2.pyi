from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Product(_message.Message):
    __slots__ = ("id", "name", "price", "stock", "category")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    STOCK_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    price: float
    stock: int
    category: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., price: _Optional[float] = ..., stock: _Optional[int] = ..., category: _Optional[str] = ...) -> None: ...

class ProductRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListProductsRequest(_message.Message):
    __slots__ = ("page", "limit", "price_min", "price_max", "category", "sort", "order")
    PAGE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PRICE_MIN_FIELD_NUMBER: _ClassVar[int]
    PRICE_MAX_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    page: int
    limit: int
    price_min: float
    price_max: float
    category: str
    sort: str
    order: str
    def __init__(self, page: _Optional[int] = ..., limit: _Optional[int] = ..., price_min: _Optional[float] = ..., price_max: _Optional[float] = ..., category: _Optional[str] = ..., sort: _Optional[str] = ..., order: _Optional[str] = ...) -> None: ...

class ProductList(_message.Message):
    __slots__ = ("products", "total")
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    products: _containers.RepeatedCompositeFieldContainer[Product]
    total: int
    def __init__(self, products: _Optional[_Iterable[_Union[Product, _Mapping]]] = ..., total: _Optional[int] = ...) -> None: ...

class CreateProductRequest(_message.Message):
    __slots__ = ("name", "price", "stock", "category")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    STOCK_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    name: str
    price: float
    stock: int
    category: str
    def __init__(self, name: _Optional[str] = ..., price: _Optional[float] = ..., stock: _Optional[int] = ..., category: _Optional[str] = ...) -> None: ...

class UpdateProductRequest(_message.Message):
    __slots__ = ("id", "name", "price", "stock", "category")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    STOCK_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    price: float
    stock: int
    category: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., price: _Optional[float] = ..., stock: _Optional[int] = ..., category: _Optional[str] = ...) -> None: ...

class DeleteProductResponse(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class OrderItem(_message.Message):
    __slots__ = ("product", "quantity", "subtotal")
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SUBTOTAL_FIELD_NUMBER: _ClassVar[int]
    product: Product
    quantity: int
    subtotal: float
    def __init__(self, product: _Optional[_Union[Product, _Mapping]] = ..., quantity: _Optional[int] = ..., subtotal: _Optional[float] = ...) -> None: ...

class OrderRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class OrderLine(_message.Message):
    __slots__ = ("product_id", "quantity")
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    product_id: str
    quantity: int
    def __init__(self, product_id: _Optional[str] = ..., quantity: _Optional[int] = ...) -> None: ...

class CreateOrderRequest(_message.Message):
    __slots__ = ("user_id", "lines")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    lines: _containers.RepeatedCompositeFieldContainer[OrderLine]
    def __init__(self, user_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[OrderLine, _Mapping]]] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("id", "user_id", "total", "status", "items", "created_at", "sequence", "published_at", "dropped")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    id: str
    user_id: str
    total: float
    status: str
    items: _containers.RepeatedCompositeFieldContainer[OrderItem]
    created_at: str
    sequence: int
    published_at: str
    dropped: int
    def __init__(self, id: _Optional[str] = ..., user_id: _Optional[str] = ..., total: _Optional[float] = ..., status: _Optional[str] = ..., items: _Optional[_Iterable[_Union[OrderItem, _Mapping]]] = ..., created_at: _Optional[str] = ..., sequence: _Optional[int] = ..., published_at: _Optional[str] = ..., dropped: _Optional[int] = ...) -> None: ...

class StreamOrdersRequest(_message.Message):
    __slots__ = ("user_id", "count", "interval_ms", "live")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    count: int
    interval_ms: int
    live: bool
    def __init__(self, user_id: _Optional[str] = ..., count: _Optional[int] = ..., interval_ms: _Optional[int] = ..., live: _Optional[bool] = ...) -> None: ...

class LoginRequest(_message.Message):
    __slots__ = ("email", "password", "expires_in")
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    email: str
    password: str
    expires_in: int
    def __init__(self, email: _Optional[str] = ..., password: _Optional[str] = ..., expires_in: _Optional[int] = ...) -> None: ...

class LoginResponse(_message.Message):
    __slots__ = ("token", "token_type", "expires_in")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOKEN_TYPE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    token: str
    token_type: str
    expires_in: int
    def __init__(self, token: _Optional[str] = ..., token_type: _Optional[str] = ..., expires_in: _Optional[int] = ...) -> None: ...

class LimitedRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LimitedResponse(_message.Message):
    __slots__ = ("message", "limit", "remaining")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    message: str
    limit: int
    remaining: int
    def __init__(self, message: _Optional[str] = ..., limit: _Optional[int] = ..., remaining: _Optional[int] = ...) -> None: ...
