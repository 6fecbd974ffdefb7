"""From image files and arrays to examples; see :func:`load_images`."""

from omnigan_image.data.files import read_file
from omnigan_image.data.images import Images, load_images
from omnigan_image.data.pictures import Pictures

__all__ = ["Images", "Pictures", "load_images", "read_file"]
