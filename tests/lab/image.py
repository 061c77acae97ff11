"""`python -m tests.lab.image`: build the guest image, unless it is cached; print where it is."""

from tests.lab.image_builder import image_directory

if __name__ == "__main__":
    print(image_directory())
